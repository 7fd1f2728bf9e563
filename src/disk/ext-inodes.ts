import { type FileHandle, open } from 'node:fs/promises';
import { crc32c } from '../model/crc32c.ts';

/** What the root folder of a filesystem should be; mke2fs makes it 0755 and root's in any case. */
export interface RootFolder {
  /** Permission bits only. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface InodeFixes {
  readonly file: string;
  /** Where the filesystem begins in the file, in bytes. */
  readonly offset: number;
  /** Seconds since the Unix epoch. */
  readonly epoch: number;
  readonly root: RootFolder;
}

/**
 * Makes the times of an ext2, ext3 or ext4 filesystem a function of its content: modification times later than `epoch` become `epoch`, all
 * other times do so in any case, because they only tell when the tree was put together. The root folder gets its owner and mode.
 *
 * It is done in the inode tables themselves, checksums included: the same through debugfs costs more than making the filesystem.
 * @see https://docs.kernel.org/filesystems/ext4/dynamic.html
 */
export async function fixInodes(fixes: InodeFixes): Promise<void> {
  const file = await open(fixes.file, 'r+');
  try {
    const super_ = readSuperblock(await readAt(file, fixes.offset + 1024, 1024));
    const table = await readAt(file, fixes.offset + super_.descriptorsAt, super_.groups * super_.descriptorBytes);
    for (let group = 0; group < super_.groups; group += 1) {
      await fixGroup(file, group, groupAt(table, group, super_), super_, fixes);
    }
  } finally {
    await file.close();
  }
}

const ROOT_INODE = 2;
const FLAG_EA_INODE = 0x200000;

interface Superblock {
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly inodesPerGroup: number;
  readonly firstInode: number;
  readonly groups: number;
  readonly descriptorBytes: number;
  /** Bytes from the beginning of the filesystem. */
  readonly descriptorsAt: number;
  /** True where groups say how much of their inode table was ever used. */
  readonly countsUnused: boolean;
  /** Start value of checksums; undefined where there are none. */
  readonly checksumSeed: number | undefined;
}

function readSuperblock(data: Buffer): Superblock {
  const blockSize = 1024 << data.readUInt32LE(0x18);
  const inodesPerGroup = data.readUInt32LE(0x28);
  const incompatible = data.readUInt32LE(0x60);
  const readOnlyCompatible = data.readUInt32LE(0x64);
  const hasChecksums = (readOnlyCompatible & 0x400) !== 0;
  const hasSeed = (incompatible & 0x2000) !== 0;
  if ((incompatible & 0x10) !== 0)
    throw new RangeError('meta_bg places group descriptors where they are not looked for');
  const seed = hasSeed ? data.readUInt32LE(0x270) : crc32c(0xffffffff, data.subarray(0x68, 0x78));
  return {
    blockSize,
    inodeSize: data.readUInt16LE(0x58),
    inodesPerGroup,
    firstInode: data.readUInt32LE(0x54),
    groups: data.readUInt32LE(0x0) / inodesPerGroup,
    descriptorBytes: (incompatible & 0x80) !== 0 ? data.readUInt16LE(0xfe) : 32,
    descriptorsAt: (data.readUInt32LE(0x14) + 1) * blockSize,
    countsUnused: hasChecksums || (readOnlyCompatible & 0x10) !== 0,
    checksumSeed: hasChecksums ? seed : undefined,
  };
}

interface Group {
  /** Bytes from the beginning of the filesystem. */
  readonly bitmapAt: number;
  readonly tableAt: number;
  /** Inodes at the beginning of the table that may be in use. */
  readonly usedInodes: number;
}

function groupAt(table: Buffer, group: number, { descriptorBytes, ...super_ }: Superblock): Group {
  const data = table.subarray(group * descriptorBytes, (group + 1) * descriptorBytes);
  const isWide = descriptorBytes >= 64;
  const block = (low: number, high: number) =>
    (data.readUInt32LE(low) + (isWide ? data.readUInt32LE(high) * 2 ** 32 : 0)) * super_.blockSize;
  const unused = data.readUInt16LE(0x1c) + (isWide ? data.readUInt16LE(0x32) * 2 ** 16 : 0);
  const isUninitialised = super_.countsUnused && (data.readUInt16LE(0x12) & 1) !== 0;
  const used = super_.inodesPerGroup - (super_.countsUnused ? unused : 0);
  return { bitmapAt: block(0x4, 0x24), tableAt: block(0x8, 0x28), usedInodes: isUninitialised ? 0 : used };
}

async function fixGroup(
  file: FileHandle,
  group: number,
  { bitmapAt, tableAt, usedInodes }: Group,
  super_: Superblock,
  fixes: InodeFixes,
): Promise<void> {
  if (usedInodes === 0) return;
  const bitmap = await readAt(file, fixes.offset + bitmapAt, Math.ceil(usedInodes / 8));
  const inodes = await readAt(file, fixes.offset + tableAt, usedInodes * super_.inodeSize);
  for (let index = 0; index < usedInodes; index += 1) {
    if (((bitmap.readUInt8(index >> 3) >> (index & 7)) & 1) === 0) continue;
    const number = group * super_.inodesPerGroup + index + 1;
    if (number !== ROOT_INODE && number < super_.firstInode) continue;
    const inode = inodes.subarray(index * super_.inodeSize, (index + 1) * super_.inodeSize);
    // An inode that holds a large attribute keeps the attribute's hash and count where others keep times.
    if ((inode.readUInt32LE(0x20) & FLAG_EA_INODE) !== 0) continue;
    fixTimes(inode, fixes.epoch);
    if (number === ROOT_INODE) fixRoot(inode, fixes.root);
    if (super_.checksumSeed !== undefined) fixChecksum(inode, number, super_.checksumSeed);
  }
  await file.write(inodes, 0, inodes.length, fixes.offset + tableAt);
}

function fixTimes(inode: Buffer, epoch: number): void {
  const extra = inode.length > 128 ? inode.readUInt16LE(0x80) : 0;
  const has = (end: number) => 0x80 + extra >= end;
  const modified = inode.readInt32LE(0x10) + (has(0x8c) ? (inode.readUInt32LE(0x88) & 3) * 2 ** 32 : 0);
  writeTime(inode, 0x0c, has(0x88) ? 0x84 : undefined, epoch);
  writeTime(inode, 0x10, has(0x8c) ? 0x88 : undefined, Math.min(modified, epoch));
  writeTime(inode, 0x08, has(0x90) ? 0x8c : undefined, epoch);
  if (has(0x98)) writeTime(inode, 0x90, 0x94, epoch);
}

function writeTime(inode: Buffer, at: number, extraAt: number | undefined, seconds: number): void {
  inode.writeInt32LE(seconds | 0, at);
  if (extraAt !== undefined) inode.writeUInt32LE(((seconds - (seconds | 0)) / 2 ** 32) & 3, extraAt);
}

function fixRoot(inode: Buffer, root: RootFolder): void {
  inode.writeUInt16LE((inode.readUInt16LE(0) & 0xf000) | (root.mode & 0o7777), 0);
  inode.writeUInt16LE(root.uid & 0xffff, 0x02);
  inode.writeUInt16LE(root.gid & 0xffff, 0x18);
  inode.writeUInt16LE(root.uid >>> 16, 0x78);
  inode.writeUInt16LE(root.gid >>> 16, 0x7a);
}

function fixChecksum(inode: Buffer, number: number, seed: number): void {
  const hasHigh = inode.length > 128 && inode.readUInt16LE(0x80) >= 4;
  inode.writeUInt16LE(0, 0x7c);
  if (hasHigh) inode.writeUInt16LE(0, 0x82);
  const own = Buffer.alloc(8);
  own.writeUInt32LE(number, 0);
  inode.copy(own, 4, 0x64, 0x68);
  const sum = crc32c(crc32c(seed, own), inode);
  inode.writeUInt16LE(sum & 0xffff, 0x7c);
  if (hasHigh) inode.writeUInt16LE(sum >>> 16, 0x82);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const data = Buffer.alloc(length);
  const { bytesRead } = await file.read(data, 0, length, position);
  if (bytesRead < length) throw new RangeError(`The filesystem ends at byte ${position + bytesRead}`);
  return data;
}
