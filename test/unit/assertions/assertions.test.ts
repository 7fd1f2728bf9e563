import { expect, test } from 'vitest';
import type { Assertion } from '../../../src/assertions/assertion.ts';
import { parseAssertions } from '../../../src/assertions/assertions-file.ts';
import { checkAssertions } from '../../../src/assertions/check-assertions.ts';
import { readTests } from '../../../src/commands/run-element-test.ts';
import { findTests } from '../../../src/elements/element-tests.ts';
import { runForStatus } from '../../../src/host/process.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

function assertionsOf(text: string): readonly Assertion[] {
  const { assertions, issues } = parseAssertions('assertions.yaml', text);
  expect(issues).toEqual([]);
  return assertions;
}

/** Looks at a scratch folder; commands run on the machine itself. */
async function check(tree: FolderTree, text: string): Promise<void> {
  await checkAssertions(assertionsOf(text), {
    ...{ tree: tree.path, scratch: tree.path, environment: {} },
    runInside: async ([command = '', ...args]) => await runForStatus(command, args),
  });
}

test('follows links as inside of the tree, but not the link that is asked about', async () => {
  await using tree = await folderTree({
    'usr/etc/name': 'inside\n',
    etc: 'link:/usr/etc',
    'away/passwd': 'link:/usr/etc/name',
  });

  await check(tree, 'files:\n  /etc/name: {type: file, contains: inside}\n  /away/passwd: {target: /usr/etc/name}\n');
  await expect(check(tree, 'files: {/etc/passwd: present}')).rejects.toMatchObject({ code: 'ASSERTION_FAILED' });
});

test('asks the package manager of the tree', async () => {
  await using tree = await folderTree({ 'usr/bin/dpkg-query': '' });

  await check(tree, 'packages: {bash: installed, no-such-package: absent}');
  await expect(check(tree, 'packages:\n  bash: absent\n  no-such-package: installed\n')).rejects.toMatchObject({
    code: 'ASSERTION_FAILED',
    details: {
      issues: [
        { message: 'Package bash: expected absent, found installed', place: { line: 2, column: 3 } },
        { message: 'Package no-such-package: expected installed, found absent', place: { line: 3, column: 3 } },
      ],
    },
  });
});

test('takes modes with and without quotes and leading zeros', () => {
  const modes = ['0644', '"0644"', '644', '2755'].map((mode) => assertionsOf(`files: {/a: {mode: ${mode}}}`)[0]);

  expect(modes.map((one) => (one?.kind === 'file' ? one.mode : one))).toEqual(['0644', '0644', '0644', '2755']);
});

test.each([
  ['', '"assertions.yaml" is empty', 'The file: has to be a map with files, packages, services and commands'],
  ['files: {}', 'nothing is asserted', 'The file asserts nothing'],
  ['commands: [{status: 1}]', 'a command is missing', '"commands.0.run": has to be a command for /bin/sh'],
  [
    'commands: [{run: x, status: 256}]',
    'no such status',
    '"commands.0.status": has to be an exit status from 0 to 255',
  ],
  ['services: {ssh: on}', 'no state of systemd', '"services.ssh": has to be enabled, disabled, masked or static'],
  ['files: {/a: maybe}', 'no state of a file', /^"files.\/a": has to be present, absent, or a map with type/],
  ['files: [', 'no YAML', /^This is neither YAML nor JSON/],
  ['packages: {a: absent, a: installed}', 'a key stands twice', 'This key stands twice in one map'],
])('says what is wrong with %j: %s', (text, _, message) => {
  const { issues } = parseAssertions('assertions.yaml', text);

  expect(issues).toEqual([expect.objectContaining({ message: expect.stringMatching(message) })]);
});

test('all faults of all tests are one error', async () => {
  await using scratch = await folderTree({
    'web/test-elements/one/assertions.yaml': 'files: {a: present}',
    'web/test-elements/two/assert.d/10-look': 'not executable',
  });
  const element = { name: 'web', path: scratch.at('web'), needs: [], provides: [], hides: [] };

  await expect(readTests(await findTests(element))).rejects.toMatchObject({
    code: 'TEST_INVALID',
    details: {
      issues: [
        { message: '"files.a": has to be an absolute path inside the image', place: { line: 1 } },
        { message: 'This is not executable', hint: expect.stringContaining('chmod +x') },
      ],
    },
  });
});
