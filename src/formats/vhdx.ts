import { type FileHandle, open } from 'node:fs/promises';
import { crc32c } from '../model/crc32c.ts';
import { IngotError } from '../model/error.ts';
import { identifierOf } from './identifier.ts';
import { qemuImgWriter } from './qemu-img.ts';

/**
 * `vhdx`, as `qemu-img` writes it, with identifiers that follow from the content. All that is random in it: the two headers with their
 * sequence numbers, what is left in the log, and the identifier that a guest sees.
 * @see Microsoft [MS-VHDX] for the places of the fields
 */
export const vhdxFormat = qemuImgWriter({
  format: 'vhdx',
  settle: async ({ target, identity }) => {
    await using file = await open(target, 'r+');
    await settleHeaders(file, identity);
    await file.write(identifierOf(identity, 'vhdx disk'), 0, 16, await placeOfDiskIdentifier(file));
  },
});

const HEADERS = [64 * 1024, 128 * 1024] as const;
const HEADER_BYTES = 4096;

/** A log without an identifier in the headers is empty, whatever its bytes are. */
async function settleHeaders(file: FileHandle, identity: string): Promise<void> {
  for (const [index, offset] of HEADERS.entries()) {
    const header = await readAt(file, offset, HEADER_BYTES);
    await file.write(
      Buffer.alloc(header.readUInt32LE(68)),
      0,
      header.readUInt32LE(68),
      Number(header.readBigUInt64LE(72)),
    );
    header.writeBigUInt64LE(BigInt(index + 1), 8);
    identifierOf(identity, 'vhdx file').copy(header, 16);
    identifierOf(identity, 'vhdx data').copy(header, 32);
    header.writeUInt32LE(0, 4);
    header.writeUInt32LE(~crc32c(0xffffffff, header) >>> 0, 4);
    await file.write(header, 0, HEADER_BYTES, offset);
  }
}

const REGION_TABLE = 192 * 1024;
const METADATA_REGION = '06a27c8b90479a4bb8fe575f050f886e';
const DISK_IDENTIFIER = 'ab12cabee6b2234593efc309e000c746';

/** Where the identifier of the disk is that a guest sees, in bytes from the beginning of the file. */
async function placeOfDiskIdentifier(file: FileHandle): Promise<number> {
  const regions = await readAt(file, REGION_TABLE, HEADER_BYTES);
  const metadataStart = Number(regions.readBigUInt64LE(16 + 32 * entryOf(regions, 16, METADATA_REGION) + 16));
  const metadata = await readAt(file, metadataStart, HEADER_BYTES);
  return metadataStart + metadata.readUInt32LE(32 + 32 * entryOf(metadata, 32, DISK_IDENTIFIER) + 16);
}

/** Index of the entry that begins with a GUID, in a table of entries of 32 bytes. @param guid as its bytes stand in the file */
function entryOf(table: Buffer, firstEntry: number, guid: string): number {
  for (let place = firstEntry; place + 32 <= table.length; place += 32)
    if (table.toString('hex', place, place + 16) === guid) return (place - firstEntry) / 32;
  throw new IngotError('INTERNAL', `The vhdx that qemu-img wrote has no entry ${guid}`);
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, offset);
  return buffer;
}
