import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerPackageInstalls } from '../../../src/elements/request-answers.ts';
import { folderTree } from '../../support/folder-tree.ts';

const ENV = { ARCH: 'amd64', DISTRO_NAME: 'debian' };

test('gives the merged wishes as JSON, which third parties read and replace', async () => {
  await using tree = await folderTree({ 'e/package-installs.yaml': 'b:\na:\n' });
  const elements = [{ name: 'e', path: join(tree.path, 'e'), needs: [], provides: [], hides: [] }];

  const answer = await answerPackageInstalls({ args: [], input: '', env: ENV }, { elements, tree: tree.path });

  expect(JSON.parse(answer.stdout)).toEqual({
    'install.d': {
      install: [
        ['a', 'e'],
        ['b', 'e'],
      ],
      uninstall: [],
    },
  });
});

test('gives the distribution’s names of one phase from the file in the tree', async () => {
  await using tree = await folderTree({
    'tmp/package-installs.json':
      '{"install.d": {"install": [["x", "e"], ["a", "e"], ["gone", "e"]], "uninstall": [["y", "f"]]}}',
    'usr/share/pkg-map/e': '{"default": {"x": "x1 x2", "gone": ""}}',
  });
  const context = { elements: [], tree: tree.path };
  const ask = async (...args: string[]) => (await answerPackageInstalls({ args, input: '', env: ENV }, context)).stdout;

  expect(await ask('--phase', 'install.d', '--install')).toBe('a\nx1\nx2\n');
  expect(await ask('--phase', 'install.d', '--uninstall', '/tmp/package-installs.json')).toBe('y\n');
  expect(await ask('--phase', 'post-install.d', '--install')).toBe('');
});

test('refuses to map names without a distribution', async () => {
  const call = { args: ['--phase', 'install.d', '--install'], input: '', env: { ARCH: 'amd64' } };

  await expect(answerPackageInstalls(call, { elements: [], tree: '/' })).rejects.toMatchObject({
    code: 'USAGE',
    message: 'package-installs: the variable DISTRO_NAME is not set',
  });
});

test('says what a replaced file lacks', async () => {
  await using tree = await folderTree({ 'tmp/package-installs.json': '{\n "install.d": {"install": ["x"]}\n}' });
  const call = { args: ['--phase', 'install.d', '--install'], input: '', env: ENV };

  await expect(answerPackageInstalls(call, { elements: [], tree: tree.path })).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    details: { place: { file: join(tree.path, 'tmp/package-installs.json'), line: 2 } },
  });
});
