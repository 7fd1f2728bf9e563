import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { checkFolders } from '../../../src/commands/required-folders.ts';
import type { BuildRequest, Environment } from '../../../src/model/request.ts';
import { parseDiskImageCreate } from '../../../src/spec/disk-image-create.ts';
import { folderTree } from '../../support/folder-tree.ts';

function requestWith(environment: Environment): BuildRequest {
  const call = parseDiskImageCreate({
    command: 'disk-image-create',
    words: ['vm'],
    environment,
    facts: { workingFolder: '/work', homeFolder: '/home/ann', arch: 'amd64' },
  });
  if (call.kind !== 'build') throw new Error('no build');
  return call.request;
}

describe('the check for folders', () => {
  it('makes the cache folder', async () => {
    await using scratch = await folderTree();

    await checkFolders(requestWith({ DIB_IMAGE_CACHE: scratch.at('a/b/c') }));

    expect((await stat(scratch.at('a/b/c'))).isDirectory()).toBe(true);
  });

  it.each([
    ['file/cache', 'cannot be made: a part of its path is not a folder'],
    ['file', 'is not a folder'],
  ])('refuses the cache folder %s', async (name, reason) => {
    await using scratch = await folderTree({ file: '' });

    await expect(checkFolders(requestWith({ DIB_IMAGE_CACHE: scratch.at(name) }))).rejects.toMatchObject({
      code: 'FOLDER_UNUSABLE',
      message: `The cache folder ${scratch.at(name)} ${reason}`,
      hint: expect.stringContaining('--image-cache'),
    });
  });

  it('refuses a cache folder where none can be made', async () => {
    await expect(checkFolders(requestWith({ DIB_IMAGE_CACHE: '/proc/ingot/cache' }))).rejects.toMatchObject({
      code: 'FOLDER_UNUSABLE',
      message: expect.stringContaining('/proc/ingot/cache cannot be made'),
    });
  });

  it('refuses a folder for temporary files that is not there', async () => {
    await using scratch = await folderTree();
    const environment = { DIB_IMAGE_CACHE: scratch.path, TMPDIR: scratch.at('none') };

    await expect(checkFolders(requestWith(environment))).rejects.toMatchObject({
      code: 'FOLDER_UNUSABLE',
      message: `The folder for temporary files, ${scratch.at('none')}, does not exist`,
      hint: expect.stringContaining('TMPDIR'),
    });
  });
});
