import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

test('folders and files of all elements merge; dotfiles, tests and compiled Python are left out', {
  tags: ['merge.folders', 'merge.files', 'merge.nested', 'merge.left-out'],
}, async () => {
  await using shop = await workshop({
    'one/shared/sub/a': 'one',
    'one/top-file': 'one',
    'one/shared/.hidden': 'one',
    'one/tests/case': 'one',
    'one/__pycache__/x': 'one',
    'one/extra-data.d/10-list': hook(
      'cd "$TMP_HOOKS_PATH"',
      'echo "FILES $(find . -type f ! -path "./.ingot/*" | sort | tr "\\n" " ")"',
      'echo "SHARED $(cat shared/sub/same)"',
    ),
    'two/shared/sub/b': 'two',
    'one/shared/sub/same': 'one',
    'two/shared/sub/same': 'two',
  });

  const result = await shop.build({ elements: ['one', 'two'] });

  expect(result.status, said(result)).toBe(0);
  const files = marked(result, 'FILES')[0] ?? '';
  for (const name of ['./shared/sub/a', './shared/sub/b', './top-file', './extra-data.d/10-list'])
    expect(files).toContain(`${name} `);
  for (const name of ['.hidden', 'tests/case', '__pycache__']) expect(files).not.toContain(name);
  expect(marked(result, 'SHARED')).toEqual(['two']);
});

test('an element earlier on the search path is used in place of a later one, with a warning', {
  tags: ['elements.path-order', 'subtle.05'],
}, async () => {
  await using shop = await workshop({
    'first/it/install.d/10-say': hook('echo "RAN first"'),
    'second/it/install.d/10-say': hook('echo "RAN second"'),
    'second/it/install.d/20-say': hook('echo "RAN second too"'),
  });
  const { ELEMENTS_PATH: own = '' } = shop.environment();
  const path = `${shop.at('elements/first')}:${shop.at('elements/second')}:${own.split(':')[1]}`;

  const result = await shop.build({ elements: ['it'], env: { ELEMENTS_PATH: path } });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['first']);
  expect(said(result)).toContain(`Element it of ${shop.at('elements/first/it')} is used in place of`);
});

test('hooks that a hook of extra-data.d makes run in their phases', { tags: ['phases.extra-data'] }, async () => {
  await using shop = await workshop({
    'maker/extra-data.d/10-make': hook(
      'mkdir -p "$TMP_HOOKS_PATH/install.d" "$TMP_HOOKS_PATH/finalise.d"',
      'printf "#!/bin/bash\\necho \\"RAN made install\\"\\n" >"$TMP_HOOKS_PATH/install.d/50-made"',
      'printf "#!/bin/bash\\necho \\"RAN made finalise\\"\\n" >"$TMP_HOOKS_PATH/finalise.d/50-made"',
      'chmod +x "$TMP_HOOKS_PATH"/*.d/50-made',
    ),
    'maker/install.d/60-say': hook('echo "RAN 60"'),
  });

  const result = await shop.build({ elements: ['maker'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['made install', '60', 'made finalise']);
});

test('the needs of elements are met breadth first, each once', {
  tags: ['elements.needs', 'elements.list'],
}, async () => {
  const say = (name: string) => ({ [`${name}/README.rst`]: '' });
  await using shop = await workshop({
    ...say('c'),
    'a/element-deps': 'b\nc\n',
    'b/element-deps': 'd\n',
    'd/element-deps': 'a\n',
    'd/install.d/10-say': hook('echo "ELEMENTS $IMAGE_ELEMENT"'),
  });

  const result = await shop.build({ elements: ['a'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'ELEMENTS')).toEqual(['fake-os a b c d']);
});
