import { expect, test } from 'vitest';
import { answerDracutModules } from '../../../src/elements/dracut-modules.ts';

test('prints modules and their packages, one on a line', () => {
  const input = '\n- name: crypt\n  packages:\n    - cryptsetup\n- name: bash\n';

  expect(answerDracutModules({ input }).stdout).toBe('module crypt\npackage cryptsetup\nmodule bash\n');
});

test('prints nothing for an empty list', () => {
  expect(answerDracutModules({ input: '[]' }).stdout).toBe('');
  expect(answerDracutModules({ input: '\n' }).stdout).toBe('');
});

test.each([
  ['crypt', 1, 1, /has to be a list of modules/],
  ['- name: "a b"', 1, 3, /"0\.name": has to be the name of a module of dracut/],
  ['- crypt', 1, 3, /"0": has to be a map with the name of a module/],
  ['- name: crypt\n  package: x\n', 1, 3, /"0": has to be a map with the name of a module.* nothing else/],
  ['- name: crypt\n  packages: [a, 5]\n', 2, 17, /"0\.packages\.1": has to be the name of a package/],
  ['- name: [', 1, 10, /neither YAML nor JSON/],
])('refuses %j at line %i, column %i', (input, line, column, message) => {
  expect(() => answerDracutModules({ input })).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message: expect.stringMatching(message),
      details: expect.objectContaining({ place: { file: 'DIB_DRACUT_ENABLED_MODULES', line, column } }),
    }),
  );
});
