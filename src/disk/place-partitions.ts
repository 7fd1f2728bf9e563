import { type Bytes, bytes, formatBytes, MIB, roundUp } from '../model/bytes.ts';
import type { DiskLayout, FilesystemNode, PartitionNode, TableNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import { filesystemsOf } from './fstab.ts';

/** A partition with its place on the disk. */
export interface PlacedPartition {
  readonly node: PartitionNode;
  /** As in `/dev/vda1`; logical partitions of an MBR count from 5. */
  readonly number: number;
  readonly start: Bytes;
  readonly size: Bytes;
}

/** A filesystem with its place on the disk. */
export interface PlacedFilesystem {
  readonly node: FilesystemNode;
  readonly start: Bytes;
  readonly size: Bytes;
  /** Undefined where the filesystem is the whole disk. */
  readonly partition: PlacedPartition | undefined;
}

/**
 * Gives each partition its place, in order and without gaps but for alignment.
 *
 * GPT leaves 1 MiB free at each end and gives whole MiB. MBR aligns each start, and gives a logical partition one alignment unit for its
 * boot record. A percentage counts from what is left when its partition's turn comes.
 * @throws IngotError `IMAGE_TOO_SMALL` naming the partition and what is missing
 */
export function placePartitions(table: TableNode, disk: Bytes): readonly PlacedPartition[] {
  const placed: PlacedPartition[] = [];
  const unit = table.label === 'gpt' ? MIB : table.align;
  let next = unit;
  let logical = 4;
  for (const node of table.partitions) {
    const isLogical = table.label === 'mbr' && !node.flags.includes('primary');
    if (isLogical) logical += 1;
    const free = disk - next - unit;
    const start = isLogical ? next + unit : next;
    const size = partitionBytes(node, free, unit);
    placed.push({ node, number: isLogical ? logical : placed.length + 1, start: bytes(start), size });
    next = roundUp(start + size, unit);
  }
  checkNumbers(table, placed);
  return placed;
}

/** Every filesystem of a layout with its place on a disk of that size. Throws as `placePartitions` does. */
export function placeFilesystems(layout: DiskLayout, disk: Bytes): readonly PlacedFilesystem[] {
  const { content } = layout;
  if (content.kind === 'filesystem') {
    return filesystemsOf(layout).map((node) => ({ node, start: bytes(0), size: disk, partition: undefined }));
  }
  return placePartitions(content, disk).flatMap((partition) => {
    const { node, start, size } = partition;
    return node.content === undefined ? [] : [{ node: node.content, start, size, partition }];
  });
}

function partitionBytes(node: PartitionNode, free: number, unit: number): Bytes {
  const wanted = node.size.kind === 'bytes' ? node.size.bytes : (free * node.size.percent) / 100;
  const grain = Math.min(unit, MIB);
  const size = Math.floor(wanted / grain) * grain;
  if (size > 0 && size <= free) return bytes(size);
  const left = formatBytes(Math.max(0, free));
  throw new IngotError(
    'IMAGE_TOO_SMALL',
    size > 0
      ? `The partition "${node.name}" needs ${formatBytes(size)}, and the disk has ${left} left for it`
      : `The disk has no room left for the partition "${node.name}"`,
    { hint: `Raise --image-size by ${formatBytes(Math.max(MIB, size - free))} or more, or make partitions smaller.` },
  );
}

function checkNumbers(table: TableNode, placed: readonly PlacedPartition[]): void {
  if (table.label === 'gpt') return;
  const primaries = placed.filter((partition) => partition.number <= 4);
  const firstLogical = placed.findIndex((partition) => partition.number > 4);
  const isOrdered = firstLogical < 0 || placed.slice(firstLogical).every((partition) => partition.number > 4);
  if (isOrdered && primaries.length <= (firstLogical < 0 ? 4 : 3)) return;
  throw new IngotError(
    'LAYOUT_INVALID',
    isOrdered
      ? `An MBR table has no room for ${primaries.length} primary partitions here`
      : 'Primary partitions of an MBR table come first',
    { hint: 'List the primary partitions first: four of them, or three when others follow. Or use "label: gpt".' },
  );
}
