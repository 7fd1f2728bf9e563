import { crc32 } from 'node:zlib';
import type { DiskBytes, DiskSpan } from './disk-bytes.ts';
import { type DiskIdentity, lvmUuid } from './identity.ts';
import { volumeGroupText } from './lvm-text.ts';
import type { PlacedPhysicalVolume } from './place-layout.ts';
import { FIRST_EXTENT, type PlacedVolumeGroup } from './place-volumes.ts';

/** LVM counts in these, whatever the sectors of the disk. */
const SECTOR = 512;
const METADATA_AREA = 4096;
const METADATA_HEADER_BYTES = 512;

/**
 * The bytes that make a stretch of a disk a physical volume of LVM: its label, and the description of its group.
 * @param group undefined for a physical volume that no group has taken
 * @param epoch creation time of all volumes, in seconds since the Unix epoch
 * @see LVM2's lib/format_text/layout.h and lib/label/label.h for the fields
 */
export function physicalVolumeBytes(
  { node, span }: PlacedPhysicalVolume,
  group: PlacedVolumeGroup | undefined,
  { identity, epoch }: { readonly identity: DiskIdentity; readonly epoch: number },
): readonly DiskBytes[] {
  const text = group === undefined ? Buffer.alloc(0) : Buffer.from(`${volumeGroupText(group, { identity, epoch })}\0`);
  const label = {
    offset: span.start + SECTOR,
    data: labelSector(span, physicalVolumeUuid(identity, node.name), group),
  };
  const header = { offset: span.start + METADATA_AREA, data: metadataHeader(text) };
  return [label, header, { offset: header.offset + METADATA_HEADER_BYTES, data: text }];
}

/** UUID of a physical volume without its dashes, as its label has it. */
function physicalVolumeUuid(identity: DiskIdentity, name: string): string {
  return lvmUuid(identity, `physical volume ${name}`).replaceAll('-', '');
}

function labelSector(span: DiskSpan, uuid: string, group: PlacedVolumeGroup | undefined): Buffer {
  const data = Buffer.alloc(SECTOR);
  data.write('LABELONE', 0, 'latin1');
  data.writeBigUInt64LE(1n, 8);
  data.writeUInt32LE(32, 20);
  data.write('LVM2 001', 24, 'latin1');
  data.write(uuid, 32, 'latin1');
  data.writeBigUInt64LE(BigInt(span.size), 64);
  // Two lists of places, each ended by an empty one: extents to the end of the volume, then the metadata area.
  writePlace(data, 72, FIRST_EXTENT, 0);
  writePlace(data, 104, METADATA_AREA, FIRST_EXTENT - METADATA_AREA);
  // Version of the extension, and whether a group uses the volume.
  data.writeUInt32LE(2, 136);
  data.writeUInt32LE(group === undefined ? 0 : 1, 140);
  data.writeUInt32LE(checksum(data.subarray(20)), 16);
  return data;
}

/** One copy of the text, right behind the header of the ring that later changes are written to. */
function metadataHeader(text: Buffer): Buffer {
  const data = Buffer.alloc(METADATA_HEADER_BYTES);
  data.write(' LVM2 x[5A%r0N*>', 4, 'latin1');
  data.writeUInt32LE(1, 20);
  data.writeBigUInt64LE(BigInt(METADATA_AREA), 24);
  data.writeBigUInt64LE(BigInt(FIRST_EXTENT - METADATA_AREA), 32);
  if (text.length > 0) {
    writePlace(data, 40, METADATA_HEADER_BYTES, text.length);
    data.writeUInt32LE(checksum(text), 56);
  }
  data.writeUInt32LE(checksum(data.subarray(4)), 0);
  return data;
}

function writePlace(data: Buffer, at: number, offset: number, size: number): void {
  data.writeBigUInt64LE(BigInt(offset), at);
  data.writeBigUInt64LE(BigInt(size), at + 8);
}

/** LVM's checksum: CRC-32 with a start value of its own and without the last inversion. */
function checksum(data: Buffer): number {
  const start = ~0xf597a6cf >>> 0;
  return ~crc32(data, start) >>> 0;
}
