import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ignoredChecks, lintElements } from '../../../src/elements/lint.ts';
import { run } from '../../../src/host/process.ts';
import { placeText } from '../../../src/model/error.ts';
import { type FileTexts, folderTree } from '../../support/folder-tree.ts';
import { originalLint } from '../../support/original.ts';

const GOOD = '#!/bin/bash\nif [ ${DIB_DEBUG_TRACE:-0} -gt 0 ]; then\n    set -x\nfi\nset -eu\nset -o pipefail\n';
const PATH = process.env.PATH ?? '/usr/bin:/bin';

/** What the lint says of the files of an element `e` that is fine but for them: `PLACE [CHECK]`, and the messages. */
async function lint(files: FileTexts, toxIni = '', path = PATH): Promise<{ found: string[]; messages: string[] }> {
  const named = Object.fromEntries(Object.entries(files).map(([name, text]) => [`e/${name}`, text]));
  await using tree = await folderTree({ 'e/README.rst': '=\ne\n=\n', ...named });
  const { faults } = await lintElements({ libraries: [tree.path], toxIni, environment: { PATH: path } });
  return {
    found: faults.map(
      ({ check, place = { file: '' } }) => `${placeText(place).slice(tree.path.length + 3)} [${check}]`,
    ),
    messages: faults.map(({ message }) => message),
  };
}

async function foundIn(name: string, text: string): Promise<readonly string[]> {
  return (await lint({ [name]: text })).found;
}

test('an element without faults passes', async () => {
  expect(await foundIn('install.d/10-x', `exec:${GOOD}`)).toEqual([]);
});

test('an element needs a README.rst, and no Markdown', { tags: ['lint.readme'] }, async () => {
  await using tree = await folderTree({
    'bare/install.d/10-x': `exec:${GOOD}`,
    'other/README.rst': '',
    'other/a.md': '',
  });

  const { faults } = await lintElements({ libraries: [tree.path], toxIni: '', environment: { PATH } });

  expect(faults.map(({ check, place }) => [check, place?.file])).toEqual([
    ['readme', join(tree.path, 'bare')],
    ['mddocs', join(tree.path, 'other/a.md')],
  ]);
});

describe('a file', () => {
  test('that names an interpreter is executable, and the interpreter is /bin/bash', {
    tags: ['lint.executable'],
  }, async () => {
    expect(await foundIn('install.d/10-x', GOOD)).toEqual(['install.d/10-x [executable]']);
    expect(await foundIn('install.d/10-x', 'exec:#!/usr/bin/env bash\n')).toEqual(['install.d/10-x:1 [shebang]']);
    expect(await foundIn('install.d/10-x', 'exec:#!/bin/sh\n')).toEqual([]);
  });

  test('in bash sets errexit, nounset and pipefail and heeds DIB_DEBUG_TRACE', { tags: ['lint.set'] }, async () => {
    expect(await foundIn('bin/x', 'exec:#!/bin/bash\n  set -eu\n')).toEqual([
      'bin/x [sete]',
      'bin/x [setu]',
      'bin/x [setpipefail]',
      'bin/x [dibdebugtrace]',
      'bin/x:2 [indent]',
    ]);
    expect(await foundIn('bin/x', 'exec:#!/bin/bash\nset -euo pipefail\n# DIB_DEBUG_TRACE\n')).toEqual([]);
    expect(await foundIn('bin/x', 'exec:#!/bin/bash\nset -e -o nounset -o pipefail\n# DIB_DEBUG_TRACE\n')).toEqual([]);
  });

  test('is indented by four blanks and no tabs, and ends with a line end', { tags: ['lint.style'] }, async () => {
    expect(await foundIn('bin/x', `exec:${GOOD}  two\n    four\n       three\n`)).toEqual(['bin/x:7 [indent]']);
    expect(await foundIn('bin/x', `exec:${GOOD}\ttab`)).toEqual(['bin/x:7 [tabindent]', 'bin/x:7 [newline]']);
    expect(await foundIn('source-repository-x', 'x git /x /srv/x')).toEqual([
      'source-repository-x:1 [sourcerepository]',
    ]);
    expect(await foundIn('element-deps', '# order\na\nc\nb\n')).toEqual(['element-deps:4 [sorted]']);
  });

  test('does not hide a status behind export', { tags: ['lint.export'] }, async () => {
    expect(await foundIn('bin/x', `exec:${GOOD}export A=$(date)\nexport B=$((1 + 1))\n`)).toEqual(['bin/x:7 [export]']);
  });

  test('of environment.d is neither executable nor traces', { tags: ['lint.environment'] }, async () => {
    expect(await foundIn('environment.d/10-x.bash', 'exec:export A=1\nset -x\n')).toEqual([
      'environment.d/10-x.bash [envexecutable]',
      'environment.d/10-x.bash:2 [envtrace]',
    ]);
  });

  test('of a host phase says where its sudo writes', { tags: ['lint.sudo', 'lint.disable'] }, async () => {
    const lines = [
      'sudo rm -rf /etc',
      'sudo cp a \\',
      '    $TMP_MOUNT_PATH/a',
      '# sudo rm',
      'sudo rm /x # dib-lint: safe_sudo',
    ];

    expect(await foundIn('cleanup.d/10-x', `exec:${GOOD}${lines.join('\n')}\n`)).toEqual([
      'cleanup.d/10-x:7 [safe_sudo]',
    ]);
    expect(await foundIn('install.d/10-x', `exec:${GOOD}sudo rm -rf /etc\n`)).toEqual([]);
  });

  test('does not call which', { tags: ['lint.which', 'lint.disable'] }, async () => {
    const lines = [
      'which curl',
      'if ! which curl; then',
      'a=$(which curl)',
      'echo "that which is"',
      'which a # dib-lint: which',
    ];

    expect(await foundIn('bin/x', `exec:${GOOD}${lines.join('\n')}\n`)).toEqual([
      'bin/x:7 [which]',
      'bin/x:8 [which]',
      'bin/x:9 [which]',
    ]);
  });

  test('of YAML or JSON can be read', { tags: ['lint.parse'] }, async () => {
    expect(await foundIn('package-installs.yaml', 'a: [\n')).toEqual([
      expect.stringMatching(/^package-installs\.yaml:2:1 \[yaml\]/),
    ]);
    expect(await foundIn('pkg-map', '{\n  "a": {},\n}\n')).toEqual(['pkg-map:3 [json]']);
  });

  test('that a build would refuse is one, with the choices', async () => {
    const files = {
      'package-installs.yaml': 'vim:\n  when: no statement\n  colour: red\n',
      'pkg-map': '{ "family": [] }',
      'svc-map': 'ssh: sshd\n',
      'source-repository-a': 'a package\nb gti /b /srv/b\n',
      'bin/pkg-map': `exec:${GOOD}`,
    };

    expect((await lint(files)).found).toEqual([
      'package-installs.yaml:2:3 [definition]',
      'pkg-map:1:3 [definition]',
      'source-repository-a:2:3 [definition]',
      'svc-map:1:1 [definition]',
    ]);
  });

  test('switches checks off for itself, and tox.ini for all', { tags: ['lint.disable'] }, async () => {
    const bad = 'exec:#!/bin/bash\n# dib-lint: disable=sete setu\n# dib-lint: disable=dibdebugtrace\n';

    expect(await foundIn('bin/x', bad)).toEqual(['bin/x [setpipefail]']);
    expect((await lint({ 'bin/x': bad }, '[dib-lint]\nignore = setpipefail\n')).found).toEqual([]);
    expect(
      ignoredChecks('[other]\nignore = a\n[dib-lint]\n# why\nignore: b c\n  d\nkey = e\n[last]\nignore=f\n'),
    ).toEqual(['b', 'c', 'd']);
    expect(ignoredChecks('ignore = a\n')).toEqual([]);
  });

  test('in Python goes to flake8 where there is one', async () => {
    await using tools = await folderTree({ flake8: 'exec:#!/bin/sh\necho "$1:3:1: E999 SyntaxError"; exit 1\n' });
    const text = 'exec:#!/usr/bin/env python3\nx = 1\n';

    const checked = await lint({ 'bin/x': text }, '', `${tools.path}:${PATH}`);

    expect(checked).toEqual({ found: ['bin/x:3:1 [flake8]'], messages: ['E999 SyntaxError'] });
    await using tree = await folderTree({ 'e/README.rst': '', 'e/bin/x': text });
    const report = await lintElements({ libraries: [tree.path], toxIni: '', environment: { PATH: '/nowhere' } });
    expect(report).toEqual({ faults: [], uncheckedPython: 1 });
  });
});

test('finds faults in the files in which the original does', async () => {
  const body = GOOD.slice(GOOD.indexOf('\n') + 1);
  await using tree = await folderTree({
    'a/README.rst': '=\na\n=\n',
    'no-readme/element-deps': 'a\nb\n',
    'a/source-repository-a': 'a git /a /srv/a',
    'a/block-device-default.yaml': 'a: [\n',
    'a/pkg-map': '{ nothing }\n',
    'a/environment.d/10-executable.bash': 'exec:export A=1\n',
    'a/environment.d/11-traces.bash': 'set -x\n',
    'a/environment.d/12-good.bash': 'export A=1\n',
    'a/bin/good': `exec:${GOOD}`,
    'a/bin/not-executable': GOOD,
    'a/bin/other-bash': `exec:#!/usr/bin/bash\n${body}`,
    'a/bin/indent': `exec:${GOOD}  true\n`,
    'a/bin/indent-allowed': `exec:#!/bin/bash\n# dib-lint: disable=indent\n${body}  true\n`,
    'a/bin/no-errexit': `exec:${GOOD.replace('-eu', '-u')}`,
    'a/bin/no-nounset': `exec:${GOOD.replace('-eu', '-e')}`,
    'a/bin/no-pipefail': `exec:${GOOD.replace('set -o pipefail\n', '')}`,
    'a/bin/no-trace': 'exec:#!/bin/bash\nset -eu\nset -o pipefail\n',
    'a/bin/tabs': `exec:${GOOD}\ttrue\n`,
    'a/bin/no-line-end': `exec:${GOOD}true`,
    'a/bin/exports': `exec:${GOOD}export A=$(date)\n`,
    'a/bin/which': `exec:${GOOD}which true\n`,
    'a/bin/which-allowed': `exec:${GOOD}which true # dib-lint: which\n`,
    'a/root.d/10-sudo': `exec:${GOOD}sudo rm /a\n`,
    'a/root.d/20-sudo-in-tree': `exec:${GOOD}sudo rm \\\n    $TARGET_ROOT/a\n`,
    'a/root.d/30-sudo-allowed': `exec:${GOOD}sudo rm /a # dib-lint: safe_sudo\n`,
    'a/install.d/10-sudo': `exec:${GOOD}sudo rm /a\n`,
  });

  const { faults } = await lintElements({ libraries: [tree.path], toxIni: '', environment: { PATH } });
  const own = [...new Set(faults.map(({ place }) => place?.file.slice(tree.path.length + 1)))].sort();

  expect(own).toEqual(await originalLint(tree.path));
  expect(own).toHaveLength(18);
});

test('files that git ignores are left alone', async () => {
  await using tree = await folderTree({ '.gitignore': '*.bak\n', 'e/README.rst': '', 'e/bin/x.bak': '#!/bin/bash\n' });
  await run('git', ['init', '-q', tree.path]);

  const { faults } = await lintElements({ libraries: [tree.path], toxIni: '', environment: { PATH } });

  expect(faults).toEqual([]);
});

test('a folder that is missing is named', async () => {
  const task = { libraries: ['/nowhere'], toxIni: '', environment: {} };

  await expect(lintElements(task)).rejects.toMatchObject({
    code: 'ELEMENTS_PATH_ENTRY',
    message: '/nowhere is no folder',
  });
});
