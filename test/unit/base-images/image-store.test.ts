import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evictImages } from '../../../src/base-images/image-store.ts';
import { folderTree } from '../../support/folder-tree.ts';

test('removes the images that were not used for longest, and none that was used lately', async () => {
  await using folder = await folderTree({ documents: 'kept' });
  const names = ['1', '2', '3'].map((digit) => digit.repeat(64));
  for (const [index, name] of names.entries()) {
    const path = join(folder.path, name);
    await writeFile(path, 'x'.repeat(100));
    const usedAt = new Date(Date.now() - (3 - index) * 60_000);
    await utimes(path, usedAt, usedAt);
  }

  await evictImages(folder.path, 50, 90_000);

  expect(await readdir(folder.path)).toEqual([names[2], 'documents']);
});
