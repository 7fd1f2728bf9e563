import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selectEnvironmentNames, selectHookNames } from '../../../src/elements/run-parts.ts';
import { run } from '../../../src/host/process.ts';

test('orders hooks by number and equal numbers by bytes', { tags: ['hooks.order'] }, () => {
  const ordered = ['foo', '05-x', '9-b', '010-c', '10-A', '10-B', '10-a', '15-link', '99_z', '100-d'];

  expect(selectHookNames([...ordered].reverse())).toEqual(ordered);
});

test('orders as sort -n of the C locale does', { tags: ['hooks.order'] }, async () => {
  const name = fc.string({ unit: fc.constantFrom(...'0123456789-_.aZé'), minLength: 1, maxLength: 8 });
  const lists = fc.sample(fc.uniqueArray(name, { minLength: 2, maxLength: 30 }), { numRuns: 60, seed: 7 });

  for (const names of lists) {
    const { stdout } = await run('sort', ['-n'], {
      input: `${names.join('\n')}\n`,
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    });
    expect(selectHookNames(names, '.')).toEqual(stdout.trimEnd().split('\n'));
  }
});

test('leaves out names with a dot unless the pattern allows them', { tags: ['hooks.names'] }, () => {
  const names = ['10-a', '10-b.sh', '.hidden', 'README'];

  expect(selectHookNames(names)).toEqual(['README', '10-a']);
  expect(selectHookNames(names, '^[[:digit:]]+-[[:alpha:].]+$')).toEqual(['10-a', '10-b.sh']);
});

test('refuses a pattern that is no regular expression', () => {
  expect(() => selectHookNames(['a'], '(')).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('orders environment files by bytes, with dots allowed', {
  tags: ['environment-files.order', 'environment-files.names'],
}, () => {
  expect(selectEnvironmentNames(['20-e', '100-e', '10-x.bash', 'a b', '9-y'])).toEqual([
    '10-x.bash',
    '100-e',
    '20-e',
    '9-y',
  ]);
});
