import { copyFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { explainFullDisk } from '../../../src/build/full-disk.ts';
import { IngotError } from '../../../src/model/error.ts';
import { folderTree } from '../../support/folder-tree.ts';

test('a file that did not fit is told with its folder, though there is room again', async () => {
  await using folder = await folderTree({ 'out/': '' });
  const refused = Object.assign(new Error('ENOSPC'), {
    code: 'ENOSPC',
    path: '/cache/image',
    dest: folder.at('out/a'),
  });

  expect(await explainFullDisk(refused, [folder.path])).toMatchObject({
    code: 'DISK_FULL',
    message: `There is no space left below ${folder.at('out')}`,
  });
});

test('what has nothing to do with space comes back as it is', async () => {
  await using folder = await folderTree({});
  const missing = await copyFile(folder.at('none'), folder.at('copy')).catch((error: unknown) => error);
  const failed = new IngotError('HOOK_FAILED', 'it ended with status 1', { tail: ['make: *** No rule'] });

  expect(await explainFullDisk(missing, [folder.path])).toBe(missing);
  expect(await explainFullDisk(failed, [folder.path])).toBe(failed);
});
