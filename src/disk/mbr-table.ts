import type { Bytes } from '../model/bytes.ts';
import type { TableNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import type { DiskBytes } from './disk-bytes.ts';
import { type DiskIdentity, serialFrom } from './identity.ts';
import { mbrTypeByte } from './partition-types.ts';
import type { PlacedPartition } from './place-partitions.ts';

/** A boot record begins with 440 bytes of code; what is written here lies behind it. */
const BEHIND_CODE = 440;
const FIRST_ENTRY = 446 - BEHIND_CODE;
const SIGNATURE = 510 - BEHIND_CODE;
const TYPE_EXTENDED_CHS = 0x05;
const TYPE_EXTENDED_LBA = 0x0f;
const TYPE_PROTECTIVE = 0xee;

interface MbrEntry {
  readonly isActive: boolean;
  readonly type: number;
  /** In sectors, from what the record counts from. */
  readonly start: number;
  readonly length: number;
}

/** The MBR of a disk and the boot records of its logical partitions, each one alignment unit before its partition. */
export function mbrTable(request: {
  readonly table: TableNode;
  readonly partitions: readonly PlacedPartition[];
  readonly disk: Bytes;
  readonly sectorSize: number;
  readonly identity: DiskIdentity;
}): readonly DiskBytes[] {
  const { table, partitions, disk, sectorSize } = request;
  if (disk / sectorSize > 2 ** 32) {
    const hint = 'Use "label: gpt".';
    throw new IngotError('LAYOUT_INVALID', 'An MBR table cannot describe a disk of this size', { hint });
  }
  const spans = partitions.map((partition) => spanOf(partition, table, sectorSize));
  const primaries = spans.filter((span) => span.number <= 4).map((span) => entryAt(span, 0));
  const logicals = spans.filter((span) => span.number > 4);
  const extended = logicals[0]?.record ?? 0;
  const rest = { isActive: false, type: TYPE_EXTENDED_LBA, start: extended, length: disk / sectorSize - extended };
  const main = bootRecord(logicals.length === 0 ? primaries : [...primaries, rest]);
  main.writeUInt32LE(serialFrom(request.identity, 'disk'), 0);
  return [
    { offset: BEHIND_CODE, data: main },
    ...logicals.map((span, index) => ({
      offset: span.record * sectorSize + BEHIND_CODE,
      data: logicalRecord(span, logicals[index + 1], extended),
    })),
  ];
}

/** The MBR that tells tools which know nothing of GPT that the whole disk is taken. */
export function protectiveMbr(disk: Bytes, sectorSize: number): DiskBytes {
  const length = Math.min(disk / sectorSize - 1, 2 ** 32 - 1);
  return { offset: BEHIND_CODE, data: bootRecord([{ isActive: false, type: TYPE_PROTECTIVE, start: 1, length }]) };
}

interface Span {
  readonly number: number;
  readonly isActive: boolean;
  readonly type: number;
  /** Sectors from the beginning of the disk. */
  readonly start: number;
  readonly length: number;
  /** Sector of the boot record of a logical partition. */
  readonly record: number;
}

function spanOf({ node, number, start, size }: PlacedPartition, table: TableNode, sectorSize: number): Span {
  return {
    number,
    isActive: node.flags.includes('boot'),
    type: mbrTypeByte(node.type) ?? 0x83,
    start: start / sectorSize,
    length: size / sectorSize,
    record: (start - table.align) / sectorSize,
  };
}

function entryAt(span: Span, origin: number): MbrEntry {
  return { isActive: span.isActive, type: span.type, start: span.start - origin, length: span.length };
}

/** A logical partition counts from its own record, and the link to the next record from the extended partition. */
function logicalRecord(span: Span, next: Span | undefined, extended: number): Buffer {
  const own = entryAt(span, span.record);
  if (next === undefined) return bootRecord([own]);
  const length = next.start + next.length - next.record;
  return bootRecord([own, { isActive: false, type: TYPE_EXTENDED_CHS, start: next.record - extended, length }]);
}

function bootRecord(entries: readonly MbrEntry[]): Buffer {
  const record = Buffer.alloc(512 - BEHIND_CODE);
  entries.forEach((entry, index) => {
    const at = FIRST_ENTRY + index * 16;
    record.writeUInt8(entry.isActive ? 0x80 : 0, at);
    writeChs(record, at + 1, entry.start);
    record.writeUInt8(entry.type, at + 4);
    writeChs(record, at + 5, entry.start + entry.length - 1);
    record.writeUInt32LE(entry.start, at + 8);
    record.writeUInt32LE(entry.length, at + 12);
  });
  record.writeUInt16LE(0xaa55, SIGNATURE);
  return record;
}

/** Cylinder, head and sector of a place, for the disk of 255 heads and 63 sectors that every BIOS assumes; the end of it where it lies beyond. */
function writeChs(record: Buffer, at: number, sector: number): void {
  const cylinder = Math.floor(sector / (255 * 63));
  const isBeyond = cylinder > 1023;
  const head = isBeyond ? 254 : Math.floor(sector / 63) % 255;
  const low = isBeyond ? 63 : (sector % 63) + 1;
  const high = isBeyond ? 1023 : cylinder;
  record.writeUInt8(head, at);
  record.writeUInt8(low | ((high >> 2) & 0xc0), at + 1);
  record.writeUInt8(high & 0xff, at + 2);
}
