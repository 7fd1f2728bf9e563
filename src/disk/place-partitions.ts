import { type Bytes, bytes, formatBytes, MIB, roundUp } from '../model/bytes.ts';
import type { PartitionNode, TableNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';

/** A partition with its place on the disk. */
export interface PlacedPartition {
  readonly node: PartitionNode;
  /** As in `/dev/vda1`; logical partitions of an MBR count from 5. */
  readonly number: number;
  readonly start: Bytes;
  readonly size: Bytes;
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
  for (const { node, number } of numberPartitions(table)) {
    const free = disk - next - unit;
    const start = isLogical(table, node) ? next + unit : next;
    const size = partitionBytes(node, free, table.label === 'gpt' ? MIB : MBR_GRAIN);
    placed.push({ node, number, start: bytes(start), size });
    next = roundUp(start + size, unit);
  }
  return placed;
}

/** Gives each partition its number: as listed, but logical partitions of an MBR count from 5. */
export function numberPartitions(
  table: TableNode,
): readonly { readonly node: PartitionNode; readonly number: number }[] {
  const primaries = table.partitions.filter((node) => !isLogical(table, node)).length;
  return table.partitions.map((node, index) => ({
    node,
    number: isLogical(table, node) ? 5 + index - primaries : index + 1,
  }));
}

/** What is wrong with the order of an MBR's partitions; undefined where nothing is. */
export function orderFault(table: TableNode): string | undefined {
  if (table.label === 'gpt') return undefined;
  const primaries = table.partitions.filter((node) => !isLogical(table, node)).length;
  const limit = primaries < table.partitions.length ? 3 : 4;
  if (primaries > limit) return `The MBR table has ${primaries} primary partitions and room for ${limit}`;
  const isOrdered = table.partitions.slice(0, primaries).every((node) => !isLogical(table, node));
  return isOrdered ? undefined : 'The primary partitions of an MBR table have to come first';
}

function isLogical(table: TableNode, node: PartitionNode): boolean {
  return table.label === 'mbr' && !node.flags.includes('primary');
}

/** Partitions of an MBR are whole sectors of either size. */
const MBR_GRAIN = 4096;

function partitionBytes(node: PartitionNode, free: number, grain: number): Bytes {
  const wanted = node.size.kind === 'bytes' ? node.size.bytes : (free * node.size.percent) / 100;
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
