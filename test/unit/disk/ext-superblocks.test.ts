import { open, truncate, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { forgetWrites } from '../../../src/disk/ext-superblocks.ts';
import { run, runForStatus } from '../../../src/host/process.ts';
import { MIB } from '../../../src/model/bytes.ts';
import { checkExt } from '../../support/disk-image.ts';
import { folderTree } from '../../support/folder-tree.ts';

const OFFSET = MIB;
/** First block of a group with a copy of the superblock, for blocks of 4 KiB. */
const COPY_BLOCK = 32768;

/** The counter of the superblock at a place in the filesystem. */
async function writtenKib(image: string, at: number): Promise<bigint> {
  const file = await open(image);
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, OFFSET + at + 0x178);
    return buffer.readBigUInt64LE();
  } finally {
    await file.close();
  }
}

test.each([
  ['ext4', []],
  ['ext2', []],
  ['ext4', ['-O', '^metadata_csum']],
])('%s %j forgets in every superblock what was written to it, and stays sound', async (type, options) => {
  await using scratch = await folderTree({});
  const image = scratch.at('disk');
  await writeFile(image, '');
  await truncate(image, 200 * MIB);
  const place = ['-E', `offset=${OFFSET}`, '-b', '4096', ...options];
  await run('mke2fs', ['-q', '-F', '-t', type, ...place, image, '199M']);
  await run('debugfs', ['-w', '-R', 'set_super_value kbytes_written 77', `${image}?offset=${OFFSET}`]);
  const before = await writtenKib(image, 1024);

  await forgetWrites(image, OFFSET);

  expect(before).toBeGreaterThan(0n);
  expect(await writtenKib(image, 1024)).toBe(0n);
  expect(await writtenKib(image, COPY_BLOCK * 4096)).toBe(0n);
  expect(await checkExt(image, OFFSET)).toBe('');
  // A copy with a wrong checksum is status 8. The group descriptors beside it are older than the filesystem, which is 4.
  const fromCopy = ['-f', '-n', '-b', String(COPY_BLOCK), '-B', '4096', `${image}?offset=${OFFSET}`];
  expect([0, 4]).toContain((await runForStatus('e2fsck', fromCopy)).status);
});

test('refuses a place where there is no filesystem', async () => {
  await using scratch = await folderTree({ disk: 'x'.repeat(4096) });

  await expect(forgetWrites(scratch.at('disk'), 0)).rejects.toThrow(`no ext filesystem at byte 0 of ${scratch.path}`);
});
