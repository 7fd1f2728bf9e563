import { crc32 } from 'node:zlib';
import type { Bytes } from '../model/bytes.ts';
import type { DiskBytes } from './disk-bytes.ts';
import { type DiskIdentity, uuidFrom } from './identity.ts';
import { protectiveMbr } from './mbr-table.ts';
import { gptTypeGuid } from './partition-types.ts';
import type { PlacedPartition } from './place-partitions.ts';

const ENTRY_COUNT = 128;
const ENTRY_BYTES = 128;
const HEADER_BYTES = 92;
const NAME_CHARACTERS = 36;

/**
 * A GPT: protective MBR, header and entries behind it, and their copies at the end of the disk.
 * @see UEFI 2.10 §5.3
 */
export function gptTable(request: {
  readonly partitions: readonly PlacedPartition[];
  readonly disk: Bytes;
  readonly sectorSize: number;
  readonly identity: DiskIdentity;
}): readonly DiskBytes[] {
  const { disk, sectorSize, identity } = request;
  const entries = partitionEntries(request);
  const entrySectors = entries.length / sectorSize;
  const last = disk / sectorSize - 1;
  const describe = (own: number, other: number, table: number) =>
    header({ own, other, table, first: 2 + entrySectors, last: last - entrySectors - 1, entries, identity });
  const copy = last - entrySectors;
  return [
    protectiveMbr(disk, sectorSize),
    { offset: sectorSize, data: describe(1, last, 2) },
    { offset: 2 * sectorSize, data: entries },
    { offset: copy * sectorSize, data: entries },
    { offset: last * sectorSize, data: describe(last, 1, copy) },
  ];
}

/** GUID of a partition of a disk: `PARTUUID` in Linux. */
export function partitionGuid(identity: DiskIdentity, name: string): string {
  return uuidFrom(identity, `partition ${name}`);
}

function partitionEntries({
  partitions,
  sectorSize,
  identity,
}: {
  readonly partitions: readonly PlacedPartition[];
  readonly sectorSize: number;
  readonly identity: DiskIdentity;
}): Buffer {
  const entries = Buffer.alloc(ENTRY_COUNT * ENTRY_BYTES);
  for (const { node, number, start, size } of partitions) {
    const at = (number - 1) * ENTRY_BYTES;
    guidBytes(gptTypeGuid(node.type) ?? '').copy(entries, at);
    guidBytes(partitionGuid(identity, node.name)).copy(entries, at + 16);
    entries.writeBigUInt64LE(BigInt(start / sectorSize), at + 32);
    entries.writeBigUInt64LE(BigInt((start + size) / sectorSize - 1), at + 40);
    entries.write(node.name.slice(0, NAME_CHARACTERS), at + 56, 'utf16le');
  }
  return entries;
}

interface HeaderFields {
  readonly own: number;
  readonly other: number;
  readonly table: number;
  /** First and last sector that partitions may use. */
  readonly first: number;
  readonly last: number;
  readonly entries: Buffer;
  readonly identity: DiskIdentity;
}

function header(fields: HeaderFields): Buffer {
  const data = Buffer.alloc(HEADER_BYTES);
  data.write('EFI PART', 0, 'latin1');
  data.writeUInt32LE(0x00010000, 8);
  data.writeUInt32LE(HEADER_BYTES, 12);
  data.writeBigUInt64LE(BigInt(fields.own), 24);
  data.writeBigUInt64LE(BigInt(fields.other), 32);
  data.writeBigUInt64LE(BigInt(fields.first), 40);
  data.writeBigUInt64LE(BigInt(fields.last), 48);
  guidBytes(uuidFrom(fields.identity, 'disk')).copy(data, 56);
  data.writeBigUInt64LE(BigInt(fields.table), 72);
  data.writeUInt32LE(ENTRY_COUNT, 80);
  data.writeUInt32LE(ENTRY_BYTES, 84);
  data.writeUInt32LE(crc32(fields.entries), 88);
  data.writeUInt32LE(crc32(data), 16);
  return data;
}

/** A GUID as GPT stores it: the first three groups with the lowest byte first. */
function guidBytes(guid: string): Buffer {
  const data = Buffer.from(guid.replaceAll('-', ''), 'hex');
  data.subarray(0, 4).reverse();
  data.subarray(4, 6).reverse();
  data.subarray(6, 8).reverse();
  return data;
}
