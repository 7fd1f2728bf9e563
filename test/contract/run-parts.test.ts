import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

const say = hook('echo "RAN ${0##*/}"');

test('runs hooks by their number and then byte by byte, links among them', {
  tags: ['hooks.order', 'subtle.02'],
}, async () => {
  const names = ['foo', '05-x', '9-b', '010-c', '10-A', '10-B', '10-a', '99_z', '100-d'];
  await using shop = await workshop({
    ...Object.fromEntries(names.map((name) => [`order/install.d/${name}`, say])),
    'order/install.d/15-link': 'link:99_z',
  });

  const result = await shop.build({ elements: ['order'] });

  expect(result.status, said(result)).toBe(0);
  const expected = ['foo', '05-x', '9-b', '010-c', '10-A', '10-B', '10-a', '15-link', '99_z', '100-d'];
  expect(marked(result, 'RAN')).toEqual(expected);
});

test('warns of hooks that will never run: a name with a dot, no executable bit', {
  tags: ['hooks.eligible', 'hooks.names', 'subtle.01'],
}, async () => {
  await using shop = await workshop({
    'idle/install.d/10-foo.sh': say,
    'idle/install.d/20-plain': 'echo "RAN 20-plain"\n',
    'idle/install.d/30-good': say,
  });

  const result = await shop.build({ elements: ['idle'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['30-good']);
  expect(said(result)).toMatch(/install\.d\/10-foo\.sh of element idle will never run: its name/);
  expect(said(result)).toMatch(/install\.d\/20-plain of element idle will never run: it is not executable/);
});

test('takes the names that RUN_PARTS_REGEX allows', { tags: ['hooks.names'] }, async () => {
  await using shop = await workshop({ 'idle/install.d/10-foo.sh': say, 'idle/install.d/20-other': say });

  const result = await shop.build({ elements: ['idle'], env: { RUN_PARTS_REGEX: '\\.sh$|fake' } });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['10-foo.sh']);
});

test('runs a hook without a first line by bash, on both sides', { tags: ['hooks.no-interpreter'] }, async () => {
  const bare = 'exec:values=(a b)\necho "RAN ${#values[@]}"\n';
  await using shop = await workshop({ 'bare/extra-data.d/10-bare': bare, 'bare/install.d/10-bare': bare });

  const result = await shop.build({ elements: ['bare'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['2', '2']);
});
