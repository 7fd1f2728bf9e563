import { lutimesSync, mkdirSync } from 'node:fs';
import { type FileHandle, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataExtents } from '../host/extents.ts';
import { loopFileName } from '../host/loop-device.ts';
import { run } from '../host/process.ts';
import { type Bytes, bytes } from '../model/bytes.ts';
import type { DiskLayout, FilesystemNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import { copyExtents, inOrder } from './copy-extents.ts';
import { writeDiskBytes } from './disk-bytes.ts';
import type { FilesystemRequest } from './filesystem-request.ts';
import { isFilesystemType } from './filesystem-types.ts';
import { FILESYSTEM_WRITERS } from './filesystems.ts';
import { mountedFilesystems } from './fstab.ts';
import { embedGrub, type GrubImages, readGrubImages } from './grub-bios.ts';
import { type DiskIdentity, identityOfDisk } from './identity.ts';
import { physicalVolumeBytes } from './lvm-volumes.ts';
import { measureTree } from './measure-tree.ts';
import { partitionTable } from './partition-table.ts';
import { type PlacedDisk, type PlacedFilesystem, type PlacedLayout, placeLayout } from './place-layout.ts';
import { thinPools, writeThinPool } from './thin-pool.ts';
import { tooSmall } from './too-small.ts';
import { treeContents } from './tree-contents.ts';

export interface DiskAssembly {
  readonly layout: DiskLayout;
  /** Absolute path of the finished root tree, with nothing mounted in it and nothing in `/dev`, `/proc`, `/sys` and `/run`. */
  readonly tree: string;
  /** Absolute path of the folder in which each disk becomes a file, as `diskFile` names it. */
  readonly folder: string;
  /** Length of disks whose length the layout does not fix. */
  readonly size: Bytes;
  readonly identity: DiskIdentity;
  /** Seconds since the Unix epoch; nothing in the image is dated later. */
  readonly epoch: number;
  readonly signal?: AbortSignal;
}

/** The raw file of a disk; named so that a loop device that a killed build left on it can be told. */
export function diskFile(folder: string, disk: string): string {
  return join(folder, `${loopFileName(folder)}${disk}.raw`);
}

/**
 * Puts the disks of an image together, each as one sparse file: filesystems filled from the tree, volume groups, partition table, boot
 * loader. No loop device and no mount outside a namespace of its own is needed, nor root where the caller's user namespace maps the owners of
 * the files. The same layout, tree, identity and epoch give the same bytes.
 *
 * The tree keeps its content. Missing mount points are made in it, and what is dated after January 2038 gets the date `epoch`, because
 * mke2fs 1.47.0 would store it as a date of the last century.
 * @throws IngotError `IMAGE_TOO_SMALL` before anything is written where it can be known; `ASSEMBLE_FAILED`, `LAYOUT_INVALID`, `DISK_FULL`,
 * `DEVICE_NEEDED`
 */
export async function assembleDisks(assembly: DiskAssembly): Promise<void> {
  const { layout, tree, size, signal } = assembly;
  const placed = placeLayout(layout, size);
  for (const { mount } of mountedFilesystems(layout)) mkdirSync(`${tree}${mount.point}`, { recursive: true });

  await using files = await openDisks(assembly, 'w+');
  const { diskOf } = files;
  for (const disk of placed.disks) await diskOf(disk.node.name).truncate(disk.size);
  for (const filesystem of placed.filesystems) await writeFilesystem(filesystem, assembly, diskOf);
  await writeThinPools(placed, assembly, diskOf);
  signal?.throwIfAborted();
  await writeVolumeGroups(placed, assembly, diskOf);
  for (const disk of placed.disks) await writeTable(disk, assembly, diskOf(disk.node.name));
}

/** Makes some filesystems anew on disks that were assembled before, from the tree as it is now. */
export async function remakeFilesystems(assembly: DiskAssembly, nodes: readonly FilesystemNode[]): Promise<void> {
  const { layout, folder, size, signal } = assembly;
  await using files = await openDisks(assembly, 'r+');
  const placed = placeLayout(layout, size);
  const remade = placed.filesystems.filter(({ node }) => nodes.includes(node));
  // No volume of a pool can have been written to: their filesystems are remade all together.
  const pools = thinPools(placed).flatMap(({ data, metadata }) => [...data, ...metadata]);
  // Writers count on a place that reads as zeros.
  for (const { disk, start, size: length } of [...remade.flatMap(({ spans }) => spans), ...pools]) {
    const place = ['--punch-hole', `--offset=${start}`, `--length=${length}`];
    await run('fallocate', [...place, diskFile(folder, disk)], { signal });
  }
  for (const filesystem of remade) await writeFilesystem(filesystem, assembly, files.diskOf);
  await writeThinPools(placed, assembly, files.diskOf);
}

/** Puts GRUB's images on the disk that boots, which was assembled before. */
export async function writeBootLoader(assembly: DiskAssembly, images: GrubImages): Promise<void> {
  await using files = await openDisks(assembly, 'r+');
  const [first] = placeLayout(assembly.layout, assembly.size).disks;
  if (first?.node.content.kind !== 'table' || first.node.sectorSize !== 512) return;
  await writeDiskBytes(files.diskOf(first.node.name), embedGrub(images, first.node.content, first.partitions));
}

interface OpenDisks extends AsyncDisposable {
  readonly diskOf: (name: string) => FileHandle;
}

async function openDisks({ layout, folder }: DiskAssembly, flags: 'w+' | 'r+'): Promise<OpenDisks> {
  await using files = new AsyncDisposableStack();
  const disks = new Map<string, FileHandle>();
  for (const { name } of layout.disks) disks.set(name, files.use(await open(diskFile(folder, name), flags, 0o644)));
  const diskOf = (name: string): FileHandle => {
    const file = disks.get(name);
    if (file === undefined) throw new IngotError('INTERNAL', `There is no disk "${name}" in this layout`);
    return file;
  };
  const owned = files.move();
  return { diskOf, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
}

const NOTHING = { blockBytes: 0, inodes: 0, devices: [], datedAfter2038: [] };

async function writeFilesystem(
  placed: PlacedFilesystem,
  assembly: DiskAssembly,
  diskOf: (name: string) => FileHandle,
): Promise<void> {
  const [only, ...others] = placed.spans;
  // One on a thin volume comes with its pool.
  if (only === undefined || !isFilesystemType(placed.node.type)) return;
  const writer = FILESYSTEM_WRITERS[placed.node.type];
  if (writer.isInPlace && others.length === 0) {
    const output = diskFile(assembly.folder, only.disk);
    await writer.write({ ...filesystemRequest(placed, assembly), output, start: only.start });
    return;
  }
  await inFile(placed, assembly, async (path) => {
    const { signal } = assembly;
    await copyExtents(path, await dataExtents(path, signal), inOrder(placed.spans), diskOf, signal);
  });
}

async function writeThinPools(
  placed: PlacedLayout,
  assembly: DiskAssembly,
  diskOf: (name: string) => FileHandle,
): Promise<void> {
  const { folder, signal } = assembly;
  for (const pool of thinPools(placed)) {
    await writeThinPool(pool, {
      inFile: async (filesystem, use) => await inFile(filesystem, assembly, use),
      scratchFile: join(folder, `${loopFileName(folder)}${pool.name}.metadata`),
      diskOf,
      signal,
    });
  }
}

function filesystemRequest({ node, spans, size }: PlacedFilesystem, assembly: DiskAssembly) {
  const { layout, identity, epoch, signal } = assembly;
  const contents = treeContents(layout, node, assembly.tree);
  const measure = contents.folder === undefined ? NOTHING : measureTree(contents.folder, contents.hidden, signal);
  for (const path of measure.datedAfter2038) lutimesSync(path, epoch, epoch);
  const sectorSize = layout.disks.find((disk) => disk.name === spans[0]?.disk)?.sectorSize ?? 512;
  return { node, size, sectorSize, ...contents, measure, identity, epoch, signal };
}

/** Makes a filesystem in a file of its own, which is gone when `use` is done. */
async function inFile(
  placed: PlacedFilesystem,
  assembly: DiskAssembly,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const { folder } = assembly;
  const { node } = placed;
  if (!isFilesystemType(node.type)) return;
  const output = join(folder, `${loopFileName(folder)}${node.name}.filesystem`);
  try {
    const request = { ...filesystemRequest(placed, assembly), output, start: bytes(0) };
    await writeAside(FILESYSTEM_WRITERS[node.type].write, request);
    await use(output);
  } finally {
    await rm(output, { force: true });
  }
}

/** Makes a filesystem in a file of its own, for tools that can do no other and for devices that are not in one piece. */
async function writeAside(write: (request: FilesystemRequest) => Promise<void>, request: FilesystemRequest) {
  await writeFile(request.output, '', { flag: 'wx', mode: 0o600 });
  await truncate(request.output, request.size);
  await write(request);
  const { size } = await stat(request.output);
  if (size > request.size) throw tooSmall(request.node.name, size, request.size);
}

async function writeVolumeGroups(
  { physicalVolumes, volumeGroups }: PlacedLayout,
  { identity, epoch }: DiskAssembly,
  diskOf: (name: string) => FileHandle,
): Promise<void> {
  for (const volume of physicalVolumes) {
    const group = volumeGroups.find(({ node }) => node.physicalVolumes.includes(volume.node.name));
    await writeDiskBytes(diskOf(volume.span.disk), physicalVolumeBytes(volume, group, { identity, epoch }));
  }
}

async function writeTable(
  { node, size, partitions }: PlacedDisk,
  { tree, identity, layout }: DiskAssembly,
  file: FileHandle,
): Promise<void> {
  const { content, sectorSize } = node;
  if (content.kind !== 'table') return;
  const own = identityOfDisk(identity, node.name);
  await writeDiskBytes(file, partitionTable({ table: content, partitions, disk: size, sectorSize, identity: own }));
  // No BIOS reads sectors of 4 KiB, and GRUB counts in sectors of 512 bytes.
  const images = sectorSize === 512 && node === layout.disks[0] ? readGrubImages(tree) : undefined;
  if (images !== undefined) await writeDiskBytes(file, embedGrub(images, content, partitions));
}
