import { lutimesSync, mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Bytes, roundUp } from '../model/bytes.ts';
import type { DiskLayout, TableNode } from '../model/disk.ts';
import { writeDiskBytes } from './disk-bytes.ts';
import { isFilesystemType } from './filesystem-types.ts';
import { FILESYSTEM_WRITERS } from './filesystems.ts';
import { mountedFilesystems } from './fstab.ts';
import { embedGrub, readGrubImages } from './grub-bios.ts';
import type { DiskIdentity } from './identity.ts';
import { measureTree } from './measure-tree.ts';
import { partitionTable } from './partition-table.ts';
import { type PlacedFilesystem, placeFilesystems, placePartitions } from './place-partitions.ts';

export interface DiskAssembly {
  readonly layout: DiskLayout;
  /** Absolute path of the finished root tree, with nothing mounted in it and nothing in `/dev`, `/proc`, `/sys` and `/run`. */
  readonly tree: string;
  /** Absolute path of the disk image, which is made anew. */
  readonly output: string;
  /** Length of the disk where the layout does not fix it. */
  readonly size: Bytes;
  readonly identity: DiskIdentity;
  /** Seconds since the Unix epoch; nothing in the image is dated later. */
  readonly epoch: number;
  readonly signal?: AbortSignal;
}

/**
 * Puts a disk image together as one sparse file: filesystems filled from the tree, partition table, boot loader. No loop device and no mount
 * outside a namespace of its own is needed, nor root where the caller's user namespace maps the owners of the files. The same layout, tree,
 * identity and epoch give the same bytes.
 *
 * The tree keeps its content. Missing mount points are made in it, and what is dated after January 2038 gets the date `epoch`, because
 * mke2fs 1.47.0 would store it as a date of the last century.
 * @returns the length of the disk
 * @throws IngotError `IMAGE_TOO_SMALL` before anything is written where it can be known; `ASSEMBLE_FAILED`, `LAYOUT_INVALID`, `DISK_FULL`
 */
export async function assembleDisk(assembly: DiskAssembly): Promise<Bytes> {
  const { layout, tree, output, signal } = assembly;
  const size = roundUp(layout.size ?? assembly.size, layout.sectorSize);
  const filesystems = placeFilesystems(layout, size);
  for (const { mount } of mountedFilesystems(layout)) mkdirSync(`${tree}${mount.point}`, { recursive: true });

  const file = await open(output, 'w+', 0o644);
  try {
    await file.truncate(size);
    for (const filesystem of filesystems) await writeFilesystem(filesystem, assembly);
    signal?.throwIfAborted();
    if (layout.content.kind === 'table') await writeTable(file, { disk: size, table: layout.content }, assembly);
  } finally {
    await file.close();
  }
  return size;
}

const NOTHING = { blockBytes: 0, inodes: 0, datedAfter2038: [] };

async function writeFilesystem(placed: PlacedFilesystem, assembly: DiskAssembly): Promise<void> {
  const { layout, output, identity, epoch, signal } = assembly;
  const { node, start, size } = placed;
  if (!isFilesystemType(node.type)) return;
  const { folder, hidden } = contentsOf(placed, assembly);
  const measure = folder === undefined ? NOTHING : measureTree(folder, hidden, signal);
  for (const path of measure.datedAfter2038) lutimesSync(path, epoch, epoch);
  const { sectorSize } = layout;
  const request = { node, output, start, size, sectorSize, folder, hidden, measure, identity, epoch, signal };
  await FILESYSTEM_WRITERS[node.type](request);
}

/** The part of the tree below a filesystem's mount point, without what is mounted below it. */
function contentsOf({ node }: PlacedFilesystem, { layout, tree }: DiskAssembly) {
  if (node.mount === undefined) return { folder: undefined, hidden: [] };
  const top = node.mount.point === '/' ? '' : node.mount.point;
  const hidden = mountedFilesystems(layout)
    .map((other) => other.mount.point)
    .filter((point) => point !== node.mount?.point && point.startsWith(`${top}/`))
    .map((point) => point.slice(top.length));
  return { folder: `${tree}${top}`, hidden };
}

async function writeTable(
  file: FileHandle,
  { disk, table }: { readonly disk: Bytes; readonly table: TableNode },
  { layout, tree, identity }: DiskAssembly,
): Promise<void> {
  const partitions = placePartitions(table, disk);
  const { sectorSize } = layout;
  await writeDiskBytes(file, partitionTable({ table, partitions, disk, sectorSize, identity }));
  // No BIOS reads sectors of 4 KiB, and GRUB counts in sectors of 512 bytes.
  const images = sectorSize === 512 ? readGrubImages(tree) : undefined;
  if (images !== undefined) await writeDiskBytes(file, embedGrub(images, layout, partitions));
}
