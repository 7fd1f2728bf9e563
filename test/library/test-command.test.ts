import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';
import type { FileTexts } from '../support/folder-tree.ts';

const TOOL = {
  'tool/install.d/50-tool': hook(
    'install -m 600 /dev/null /etc/tool',
    'echo colour=blue >/etc/tool',
    'ln -s tool /etc/link',
  ),
};

/** An element `tool` with one test, `tool/look`, on the tiny operating system. */
async function toolshop(files: FileTexts): Promise<Workshop> {
  const own = Object.entries(files).map(([name, text]) => [`tool/test-elements/look/${name}`, text]);
  return await workshop({
    ...TOOL,
    'tool/test-elements/look/element-deps': 'fake-os\n',
    ...Object.fromEntries(own),
  });
}

const MARKED = 'touch /tmp/dib-test-should-fail';

test('runs the tests of elements, also those that are meant to fail, and says why one fails', async () => {
  await using shop = await workshop({
    ...TOOL,
    'tool/test-elements/fine/element-deps': 'fake-os\n',
    'tool/test-elements/fine/post-install.d/50-look': hook('[[ $(</etc/tool) == colour=blue ]]'),
    'tool/test-elements/fine/test-output-formats': 'tar,tgz\n',
    'tool/test-elements/broken/element-deps': 'fake-os\n',
    'tool/test-elements/broken/post-install.d/50-look': hook('exit 42'),
    'tool/test-elements/refused/element-deps': 'fake-os\n',
    'tool/test-elements/refused/install.d/60-break': hook(MARKED, 'exit 1'),
    'tool/test-elements/too-lenient/element-deps': 'fake-os\n',
    'tool/test-elements/too-lenient/install.d/60-mark': hook(MARKED),
    'tool/test-elements/unknown/element-deps': 'nowhere\n',
    'plain/README.rst': 'no tests\n',
  });

  const result = await shop.command('ingot', ['test', '--junit', '../results.xml']);

  const lines = result.stdout.split('\n').filter((line) => !line.startsWith(' '));
  expect(lines.map((line) => line.replace(/ [\d.]+ s$/, '').trim())).toEqual([
    'FAILED  tool/broken',
    'ok      tool/fine',
    'ok      tool/refused',
    'FAILED  tool/too-lenient',
    'FAILED  tool/unknown',
    '2 passed, 3 failed',
    '',
  ]);
  expect(result.status).toBe(1);
  expect(result.stdout).toContain('post-install.d/50-look of element broken ended with status 42');
  expect(result.stdout).toContain('A hook says that the build has to fail, and it did not.');
  expect(result.stdout).toContain('There is no element "nowhere", which unknown needs');
  const read =
    'import sys, xml.dom.minidom as m; d = m.parse(sys.argv[1]).documentElement.getElementsByTagName("testcase")';
  const each = 'for c in d: print(c.getAttribute("classname"), c.getAttribute("name"), len(c.childNodes) > 0)';
  const { stdout } = await run('python3', ['-c', `${read}\n${each}`, shop.at('results.xml')]);
  expect(stdout).toBe(
    'tool broken True\ntool fine False\ntool refused False\ntool too-lenient True\ntool unknown True\n',
  );
  expect(await shop.leftovers()).toEqual([]);
});

describe('what a test asserts', () => {
  test('is looked at in the finished tree, and holds', async () => {
    await using shop = await toolshop({
      'assertions.yaml': [
        'files:',
        '  /etc/tool: {mode: 0600, owner: root, group: 0, type: file, contains: blue, lacks: [red, green]}',
        '  /etc/link: {target: tool}',
        '  /etc: {type: folder}',
        '  /etc/nowhere: absent',
        'commands:',
        '  - run: cat /etc/tool && touch /tmp/here',
        '    prints: colour=blue',
        '  - {run: exit 3, status: 3}',
      ].join('\n'),
      'assert.d/10-look': hook('grep -q blue "$TARGET_ROOT/etc/tool"'),
    });

    const result = await shop.command('ingot', ['test', 'tool']);

    expect(result.status, said(result)).toBe(0);
    expect(result.stdout).toMatch(/^ok {6}tool\/look {2}[\d.]+ s\n1 passed, 0 failed\n$/);
  });

  test('that is not so is told with its line, what was expected and what was found', async () => {
    await using shop = await toolshop({
      'assertions.yaml': [
        'files:',
        '  /etc/tool:',
        '    mode: "0644"',
        '    owner: guest',
        '    contains: red',
        '  /etc/nowhere: present',
        '  /etc/link: absent',
        'packages:',
        '  less: installed',
        'services:',
        '  ssh: enabled',
        'commands:',
        '  - run: echo no >&2; exit 2',
      ].join('\n'),
      'assert.d/10-look': hook('echo looking', 'grep -q red "$TARGET_ROOT/etc/tool"'),
    });
    const at = (name: string) => `- ${shop.at(`elements/tool/test-elements/look/${name}`)}`;

    const { status, stdout } = await shop.command('ingot', ['test', 'tool/look']);

    expect(status).toBe(1);
    expect(stdout).toContain('assertions failed: 7 of 7 assertions do not hold');
    expect(stdout.split('\n').flatMap((line) => (line.trim().startsWith('- ') ? [line.trim()] : []))).toEqual([
      `${at('assertions.yaml')}:2:3: /etc/tool: expected mode 0644, found 0600`,
      `${at('assertions.yaml')}:2:3: /etc/tool: expected owner guest, found root`,
      `${at('assertions.yaml')}:2:3: /etc/tool: expected "red", found "colour=blue"`,
      `${at('assertions.yaml')}:6:3: /etc/nowhere: expected a file or folder, found nothing`,
      `${at('assertions.yaml')}:7:3: /etc/link: expected nothing, found a link`,
      expect.stringMatching(
        /assertions\.yaml:11:3: Service ssh: expected enabled, found status 127 and ".*systemctl.*"$/,
      ),
      `${at('assertions.yaml')}:13:5: "echo no >&2; exit 2": expected status 0, found status 2 and "no"`,
      `${at('assert.d/10-look')}:4: assert.d/10-look at: grep -q red "$TARGET_ROOT/etc/tool": expected status 0, found status 1 and "looking"`,
      `${at('assertions.yaml')}:9:3: Package less: the image has neither dpkg nor rpm, so that nobody can say`,
    ]);
  });

  test('cannot change the tree, and a changed assertion runs no hook again', async () => {
    await using shop = await toolshop({
      'assertions.yaml': 'commands:\n  - run: echo red >/etc/tool\n',
      'assert.d/10-write': hook('touch "$TARGET_ROOT/etc/new"'),
    });

    const before = await shop.command('ingot', ['test', '--verbose', 'tool']);
    await shop.write({ 'tool/test-elements/look/assertions.yaml': 'files:\n  /etc/tool: {contains: blue}\n' });
    await writeFile(shop.at('elements/tool/test-elements/look/assert.d/10-write'), '#!/bin/sh\ntrue\n');
    const after = await shop.command('ingot', ['test', '--verbose', 'tool']);

    expect(before.status).toBe(1);
    expect(said(before).match(/Read-only file system/g)?.length).toBeGreaterThanOrEqual(2);
    expect(after.status, said(after)).toBe(0);
    expect(said(after)).toMatch(/install\.d\/50-tool restored from its layer/);
    expect(said(after)).not.toMatch(/Running (install|root)\.d/);
  });

  test('is looked at on the disk of a build whose last phases need a block device', async () => {
    await using shop = await toolshop({
      'assertions.yaml': 'files:\n  /etc/late: {contains: dev}\n',
      'finalise.d/50-late': hook('echo "$IMAGE_BLOCK_DEVICE" >/etc/late'),
    });

    const result = await shop.command('ingot', ['test', 'tool'], {
      env: { DIB_DEVICE_MODE: 'always', DIB_JOURNAL_SIZE: '4' },
    });

    expect(result.status, said(result)).toBe(0);
    expect(await shop.leftovers()).toEqual([]);
  });

  test('is checked with every fault of every test before anything is built', async () => {
    await using shop = await toolshop({
      'assertions.yaml': [
        'files:',
        '  etc/tool: present',
        '  /etc/a: {mode: rwx, colour: blue}',
        '  /etc/b: {state: absent, mode: 0600}',
        'packages: {less: latest}',
        'comands: []',
      ].join('\n'),
      'assert.d/readme': 'not executable\n',
      'root.d/99-mark': hook('echo BUILT'),
    });
    const file = shop.at('elements/tool/test-elements/look/assertions.yaml');

    const result = await shop.command('ingot', ['test']);

    expect(result.status).toBe(1);
    expect(said(result)).not.toContain('BUILT');
    for (const fault of [
      `${file}:2:3: "files.etc/tool": has to be an absolute path inside the image`,
      `${file}:3:12: "files./etc/a.mode": has to be octal digits such as 0644`,
      `${file}:3:23: "files./etc/a.colour": means nothing here`,
      `${file}:4:3: "files./etc/b": is to be absent and to have traits; keep one of the two`,
      `${file}:5:12: "packages.less": has to be installed or absent`,
      `${file}:6:1: "comands": means nothing here`,
      'assert.d/readme: This is not executable',
    ])
      expect(result.stderr).toContain(fault);
  });
});

test('names the tests that there are for a word that is none', async () => {
  await using shop = await toolshop({ 'assertions.yaml': 'files: {/etc: present}\n' });
  await shop.write({ 'plain/README.rst': '' });

  const wrongTest = await shop.command('ingot', ['test', 'tool/lok', 'plain']);
  const wrongElement = await shop.command('ingot', ['test', 'tol']);
  const list = await shop.command('ingot', ['test', '--list']);

  expect(wrongTest.status).toBe(2);
  expect(wrongTest.stderr).toContain('Element tool has no test "lok"\n    Did you mean tool/look? Its tests: look.');
  expect(wrongTest.stderr).toContain('Element plain has no tests');
  expect(wrongElement.status).toBe(1);
  expect(wrongElement.stderr).toContain('There is no element "tol"\n  Did you mean tool?');
  expect(list.stdout).toBe('tool/look  1 assertion\n');
});

test('needs a place for the results that can be written, and says so before it builds', async () => {
  await using shop = await toolshop({ 'assertions.yaml': 'files: {/etc: present}\n' });

  const result = await shop.command('ingot', ['test', '--junit', '/proc/results.xml']);

  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).toContain('The results cannot be written to /proc/results.xml');
  await expect(readFile('/proc/results.xml')).rejects.toThrow('ENOENT');
});
