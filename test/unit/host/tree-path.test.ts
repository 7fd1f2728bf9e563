import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveInTree } from '../../../src/host/tree-path.ts';
import { folderTree } from '../../support/folder-tree.ts';

test.each([
  ['/plain/../file', 'file'],
  ['/../../outside', 'outside'],
  ['/absolute/x', 'real/x'],
  ['/deep/relative/x', 'real/x'],
  ['/escape/x', 'x'],
  ['/missing/x', 'missing/x'],
])('finds %s inside the tree', async (path, expected) => {
  await using tree = await folderTree({
    'real/x': '',
    absolute: 'link:/real',
    'deep/relative': 'link:../real',
    escape: 'link:../../../..',
  });

  expect(await resolveInTree(tree.path, path)).toBe(join(tree.path, expected));
});

test('gives up on links that never end', async () => {
  await using tree = await folderTree({ a: 'link:b', b: 'link:a' });

  await expect(resolveInTree(tree.path, '/a')).rejects.toMatchObject({ code: 'ELOOP' });
});
