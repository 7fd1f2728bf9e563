import { open, truncate } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { chooseBootFiles } from '../../../src/disk/boot-files.ts';
import { findBootSource } from '../../../src/disk/find-boot-source.ts';
import { run } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

describe('what an image starts from', () => {
  it('is not found on an empty disk', async () => {
    await using scratch = await folderTree({ disk: '' });
    await truncate(scratch.at('disk'), 1 << 20);
    await using disk = await open(scratch.at('disk'), 'r');

    await expect(findBootSource(disk, '/images/a.raw')).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: 'The image /images/a.raw has no root filesystem that can be read: found none',
    });
  });

  it('is not found in a system without a kernel', async () => {
    await using scratch = await folderTree({ 'tree/etc/debian_version': '12\n', 'tmp/': '' });
    await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', scratch.at('tree'), scratch.at('disk'), '4M']);
    await using disk = await open(scratch.at('disk'), 'r');
    const choice = { environment: { PATH: process.env.PATH ?? '' }, temporaryFolder: scratch.at('tmp') };

    const choosing = chooseBootFiles(await findBootSource(disk, '/images/a.raw'), choice);

    await expect(choosing).rejects.toMatchObject({
      code: 'KERNEL_MISSING',
      message: 'The image has nothing to start from: No suitable kernel found in /boot.',
    });
  });
});
