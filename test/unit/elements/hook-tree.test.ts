import { lstat, readFile, readlink, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectHookTree, digestHookTree } from '../../../src/elements/hook-tree.ts';
import { writeHookTree } from '../../../src/elements/hook-tree-writer.ts';
import type { Element } from '../../../src/model/element.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

function elementsOf(tree: FolderTree, ...names: string[]): readonly Element[] {
  return names.map((name) => ({ name, path: join(tree.path, name), needs: [], provides: [], hides: [] }));
}

test('takes first-level folders and files, without tests, caches and dotfiles in folders', {
  tags: ['merge.folders', 'merge.files', 'merge.left-out', 'merge.dotfiles'],
}, async () => {
  await using tree = await folderTree({
    'a/install.d/10-a': 'exec:true',
    'a/install.d/.swp': '',
    'a/static/.config/x': '',
    'a/static/etc/.profile': '',
    'a/tests/test_a.py': '',
    'a/__pycache__/a.pyc': '',
    'a/__init__.pyc': '',
    'a/test-elements/works/install.d/10-look': 'exec:true',
    'a/assert.d/10-look': 'exec:true',
    'a/assertions.yaml': 'files: {}',
    'a/element-deps': 'b',
    'b/install.d/20-b': 'exec:true',
  });

  const nodes = await collectHookTree(elementsOf(tree, 'a', 'b'));

  expect(nodes.map(({ target, element }) => `${target} ${element}`)).toEqual([
    'element-deps a',
    'install.d b',
    'install.d/10-a a',
    'install.d/20-b b',
    'static a',
    'static/etc a',
    'static/etc/.profile a',
  ]);
});

test('writes the tree with modes, times and links', { tags: ['merge.links'] }, async () => {
  await using tree = await folderTree({
    'a/install.d/10-a': 'exec:true',
    'a/install.d/20-link': 'link:../bin/tool',
    'a/bin/tool': 'exec:tool',
    'a/data/empty/': '',
  });
  await utimes(join(tree.path, 'a/bin/tool'), 1000, 2000);
  const target = join(tree.path, 'hooks');

  writeHookTree(await collectHookTree(elementsOf(tree, 'a')), target);

  expect((await stat(join(target, 'install.d/10-a'))).mode & 0o777).toBe(0o755);
  expect(await readlink(join(target, 'install.d/20-link'))).toBe('../bin/tool');
  expect(await readFile(join(target, 'install.d/20-link'), 'utf8')).toBe('tool');
  expect((await stat(join(target, 'bin/tool'))).mtimeMs).toBe(2_000_000);
  expect((await lstat(join(target, 'data/empty'))).isDirectory()).toBe(true);
});

test('names both elements and files of every duplicate hook', {
  tags: ['merge.duplicate-hook', 'subtle.04'],
}, async () => {
  await using tree = await folderTree({
    'a/install.d/10-x': '',
    'b/install.d/10-x': '',
    'a/bin/tool': 'link:../install.d/10-x',
    'b/bin/tool': '',
    'c/static/etc/x': '',
  });

  await expect(collectHookTree(elementsOf(tree, 'a', 'b', 'c'))).rejects.toMatchObject({
    code: 'HOOK_DUPLICATE',
    details: {
      issues: [
        { message: `Elements a and b both have bin/tool: ${tree.path}/a/bin/tool and ${tree.path}/b/bin/tool` },
        {
          message: `Elements a and b both have install.d/10-x: ${tree.path}/a/install.d/10-x and ${tree.path}/b/install.d/10-x`,
        },
      ],
    },
  });
});

test('lets the last element win for first-level files and nested paths', {
  tags: ['merge.files', 'merge.nested', 'subtle.04'],
}, async () => {
  await using tree = await folderTree({
    'a/static/etc/motd': 'a',
    'b/static/etc/motd': 'b',
    'a/package-installs.yaml': 'a',
    'b/package-installs.yaml': 'b',
  });
  const target = join(tree.path, 'hooks');

  writeHookTree(await collectHookTree(elementsOf(tree, 'a', 'b')), target);

  expect(await readFile(join(target, 'static/etc/motd'), 'utf8')).toBe('b');
  expect(await readFile(join(target, 'package-installs.yaml'), 'utf8')).toBe('b');
});

test('refuses a folder and a file at one path', async () => {
  await using tree = await folderTree({ 'a/static/etc/x': '', 'b/static/etc/x/y': '' });

  await expect(collectHookTree(elementsOf(tree, 'a', 'b'))).rejects.toMatchObject({ code: 'HOOK_DUPLICATE' });
});

test('follows a first-level folder that is a link, and keeps its links', {
  tags: ['merge.folders', 'merge.links'],
}, async () => {
  await using tree = await folderTree({
    'shared/10-x': 'exec:true',
    'shared/20-y': 'link:10-x',
    'a/install.d': 'link:../shared',
  });

  const nodes = await collectHookTree(elementsOf(tree, 'a'));

  expect(nodes.map(({ target, kind }) => `${target} ${kind}`)).toEqual([
    'install.d folder',
    'install.d/10-x file',
    'install.d/20-y link',
  ]);
});

test('gives the same digest for the same content, and another when a byte, a mode or a link changes', async () => {
  const digest = async (files: Readonly<Record<string, string>>): Promise<string> => {
    await using tree = await folderTree(files);
    return digestHookTree(await collectHookTree(elementsOf(tree, 'a')));
  };
  const base = await digest({ 'a/install.d/10-x': 'exec:true', 'a/bin/l': 'link:x' });

  expect(await digest({ 'a/bin/l': 'link:x', 'a/install.d/10-x': 'exec:true' })).toBe(base);
  expect(await digest({ 'a/install.d/10-x': 'exec:false', 'a/bin/l': 'link:x' })).not.toBe(base);
  expect(await digest({ 'a/install.d/10-x': 'true', 'a/bin/l': 'link:x' })).not.toBe(base);
  expect(await digest({ 'a/install.d/10-x': 'exec:true', 'a/bin/l': 'link:y' })).not.toBe(base);
});
