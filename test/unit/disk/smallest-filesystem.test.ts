import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { assembleDisks, diskFile } from '../../../src/disk/assemble-disk.ts';
import { measureTree } from '../../../src/disk/measure-tree.ts';
import { smallestFilesystem } from '../../../src/disk/smallest-filesystem.ts';
import { run } from '../../../src/host/process.ts';
import { type Bytes, bytes, GIB, MIB } from '../../../src/model/bytes.ts';
import type { DiskNode } from '../../../src/model/disk.ts';
import type { TargetFilesystem } from '../../../src/model/target-image.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

/** Makes the smallest filesystem for a tree; its path and length. */
async function make(
  scratch: FolderTree,
  type: TargetFilesystem,
): Promise<{ readonly file: string; readonly size: Bytes }> {
  const tree = `${scratch.path}/tree`;
  const { size, options } = smallestFilesystem(type, measureTree(tree));
  const content = { kind: 'filesystem', name: 'root', type, label: 'root', options, mount: { point: '/' } } as const;
  const disk: DiskNode = { kind: 'disk', name: 'image0', sectorSize: 512, size, content };
  const layout = { disks: [disk], volumeGroups: [] } as const;
  await mkdir(`${scratch.path}/made`, { recursive: true });
  await assembleDisks({
    layout,
    tree,
    folder: `${scratch.path}/made`,
    size: bytes(0),
    identity: 'test',
    epoch: 1_700_000_000,
  });
  return { file: diskFile(`${scratch.path}/made`, 'image0'), size };
}

async function facts(file: string): Promise<(name: string) => string> {
  const { stdout } = await run('dumpe2fs', ['-h', file]);
  return (name) => new RegExp(`^${name}: *(.*)$`, 'm').exec(stdout)?.[1] ?? '';
}

/** Many files of little and some of much, so that inodes as well as blocks are what a filesystem runs out of. */
async function fill(scratch: FolderTree, files: number, mib: number): Promise<void> {
  for (let index = 0; index < files; index += 1) {
    const folder = `${scratch.path}/tree/${index % 50}`;
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/${index}`, index % 3 === 0 ? '' : `file ${index}`);
  }
  await writeFile(`${scratch.path}/tree/large`, Buffer.alloc(mib * MIB, 'content '));
}

test.each([
  ['ext2', 12, 3],
  ['ext3', 600, 1],
  ['ext4', 900, 40],
  ['ext4', 10, 130],
] as const)('%s holds %i files and %i MiB with little to spare, and is clean', async (type, files, mib) => {
  await using scratch = await folderTree({});
  await fill(scratch, files, mib);

  const { file, size } = await make(scratch, type);

  await run('e2fsck', ['-f', '-n', file]);
  const fact = await facts(file);
  expect(Number(fact('Block count')) * 4096).toBe(size);
  expect(Number(fact('Free blocks')) * 4096).toBeLessThan(size * 0.05 + 12 * MIB);
});

test('ext4 has the features of 2012, and a journal', { tags: ['fuel.filesystems'] }, async () => {
  await using scratch = await folderTree({ 'tree/etc/hostname': 'node' });

  const { file } = await make(scratch, 'ext4');

  const features = (await facts(file))('Filesystem features').split(' ').sort();
  expect(features).toEqual(
    [
      ...['dir_index', 'dir_nlink', 'ext_attr', 'extent', 'extra_isize', 'filetype', 'flex_bg', 'has_journal'],
      ...['huge_file', 'large_file', 'resize_inode', 'sparse_super', 'uninit_bg'],
    ].sort(),
  );
});

test('ext4 grows to 8 TiB and is clean again', { tags: ['fuel.filesystems'] }, async () => {
  await using scratch = await folderTree({ 'tree/etc/hostname': 'node' });
  const { file } = await make(scratch, 'ext4');
  const room = Number((await facts(file))('Reserved GDT blocks'));

  await run('truncate', ['--size', String(8 * 1024 * GIB), file]);
  await run('e2fsck', ['-f', '-y', file]);
  await run('resize2fs', [file]);

  const fact = await facts(file);
  expect(Number(fact('Block count')) * 4096).toBe(8 * 1024 * GIB);
  expect(fact('Filesystem features')).not.toMatch(/64bit|meta_bg/);
  // Descriptors of 32 bytes for each 128 MiB: without room for them, a kernel cannot grow the filesystem while it is mounted.
  expect(room + 1).toBe((8 * 1024 * GIB * 32) / (128 * MIB) / 4096);
  expect((await run('debugfs', ['-R', 'cat /etc/hostname', file])).stdout).toBe('node');
});

test('XFS has room for allocation groups that do not become countless', () => {
  const measure = { blockBytes: 3 * MIB, inodes: 40, devices: [], datedAfter2038: [] };

  expect(smallestFilesystem('xfs', measure).size).toBe(2 * GIB);
  expect(smallestFilesystem('xfs', { ...measure, blockBytes: 4 * GIB }).size).toBeGreaterThan(4.2 * GIB);
});
