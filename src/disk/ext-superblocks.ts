import { type FileHandle, open } from 'node:fs/promises';
import { crc32c } from '../model/crc32c.ts';

const BYTES = 1024;
const MAGIC = 0xef53;
const AT = {
  blocks: 0x04,
  firstBlock: 0x14,
  logBlockSize: 0x18,
  blocksPerGroup: 0x20,
  magic: 0x38,
  readOnlyCompatible: 0x64,
  uuid: 0x68,
  written: 0x178,
  checksum: 0x3fc,
} as const;
const METADATA_CHECKSUMS = 0x400;

/**
 * Takes out of the superblocks of an ext2, ext3 or ext4 filesystem, copies included, how much has been written to it so far: mke2fs counts
 * there how its cache happened to work.
 * @param offset where the filesystem begins in the file, in bytes
 * @see https://docs.kernel.org/filesystems/ext4/globals.html
 */
export async function forgetWrites(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const first = await superblockAt(file, offset + BYTES);
    if (first === undefined) throw new RangeError(`There is no ext filesystem at byte ${offset} of ${path}`);
    const blockSize = BYTES << first.readUInt32LE(AT.logBlockSize);
    const perGroup = first.readUInt32LE(AT.blocksPerGroup);
    const groups = Math.ceil((first.readUInt32LE(AT.blocks) - first.readUInt32LE(AT.firstBlock)) / perGroup);
    for (let group = 0; group < groups; group += 1) {
      const block = first.readUInt32LE(AT.firstBlock) + group * perGroup;
      const at = offset + (group === 0 ? BYTES : block * blockSize);
      const superblock = await superblockAt(file, at);
      if (superblock !== undefined && uuidOf(superblock).equals(uuidOf(first)))
        await file.write(withoutWrites(superblock), 0, BYTES, at);
    }
  } finally {
    await file.close();
  }
}

/** What looks like a superblock at a place, if anything does: only some groups have a copy, and others may begin with any file. */
async function superblockAt(file: FileHandle, position: number): Promise<Buffer | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BYTES), 0, BYTES, position);
  return bytesRead === BYTES && buffer.readUInt16LE(AT.magic) === MAGIC ? buffer : undefined;
}

function uuidOf(superblock: Buffer): Buffer {
  return superblock.subarray(AT.uuid, AT.uuid + 16);
}

function withoutWrites(superblock: Buffer): Buffer {
  const fixed = Buffer.from(superblock);
  fixed.fill(0, AT.written, AT.written + 8);
  if ((fixed.readUInt32LE(AT.readOnlyCompatible) & METADATA_CHECKSUMS) !== 0)
    fixed.writeUInt32LE(crc32c(0xffffffff, fixed.subarray(0, AT.checksum)), AT.checksum);
  return fixed;
}
