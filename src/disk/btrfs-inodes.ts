import { type FileHandle, open } from 'node:fs/promises';
import { crc32c } from '../model/crc32c.ts';

export interface BtrfsFixes {
  /** Absolute path of a file that is a Btrfs filesystem from end to end. */
  readonly file: string;
  /** Seconds since the Unix epoch. */
  readonly epoch: number;
  /** What the root folder should be; mkfs.btrfs makes it 0755 and root's. `mode` has permission bits only. */
  readonly root: { readonly mode: number; readonly uid: number; readonly gid: number };
}

const SUPERBLOCK_AT = 65536;
const SUPER = {
  root: 0x50,
  chunkRoot: 0x58,
  nodeSize: 0x94,
  chunkArraySize: 0xa0,
  checksum: 0xc4,
  chunkArray: 0x32b,
} as const;
const CRC_32C = 0;
const NODE_HEADER = 101;
const NODE = { items: 96, level: 100 } as const;
const KEY_BYTES = 17;
const ITEM_BYTES = 25;
const POINTER_BYTES = 33;
const TYPE = { inode: 1, root: 132, chunk: 228 } as const;
const FILE_TREE = 5n;
const ROOT_FOLDER = 256n;
const ROOT_ITEM_NODE_AT = 176;
const INODE = { uid: 44, gid: 48, mode: 52, accessed: 112, changed: 124, modified: 136, created: 148 } as const;

/** A stretch of logical addresses, and where its copies begin in the file. */
interface Chunk {
  readonly start: number;
  readonly length: number;
  readonly copies: readonly number[];
}

interface Item {
  readonly objectId: bigint;
  readonly type: number;
  /** Third part of the key. */
  readonly offset: number;
  readonly data: Buffer;
}

/**
 * Makes the times of a Btrfs filesystem a function of its content: modification times later than `epoch` become `epoch`, all other times do
 * so in any case. The root folder gets its owner and mode. It is done in the leaves of the file tree, checksums included. A filesystem with
 * other checksums than CRC-32C, which only options of a layout ask for, stays as it is.
 * @see https://btrfs.readthedocs.io/en/latest/dev/On-disk-format.html
 */
export async function fixBtrfsInodes(fixes: BtrfsFixes): Promise<void> {
  await using file = await open(fixes.file, 'r+');
  const superblock = await readAt(file, SUPERBLOCK_AT, 4096);
  if (superblock.readUInt16LE(SUPER.checksum) !== CRC_32C) return;
  const nodeSize = superblock.readUInt32LE(SUPER.nodeSize);
  const array = superblock.subarray(SUPER.chunkArray, SUPER.chunkArray + superblock.readUInt32LE(SUPER.chunkArraySize));
  const chunks: Chunk[] = [];
  await walk({ file, nodeSize, chunks: systemChunks(array) }, number64(superblock, SUPER.chunkRoot), (items) => {
    for (const { type, offset, data } of items) if (type === TYPE.chunk) chunks.push(chunkOf(offset, data));
    return false;
  });
  const whole: Walker = { file, nodeSize, chunks };
  let tree = 0;
  await walk(whole, number64(superblock, SUPER.root), (items) => {
    const found = items.find(({ objectId, type }) => objectId === FILE_TREE && type === TYPE.root);
    if (found !== undefined) tree = number64(found.data, ROOT_ITEM_NODE_AT);
    return false;
  });
  await walk(whole, tree, (items) => {
    const inodes = items.filter(({ type }) => type === TYPE.inode);
    for (const { objectId, data } of inodes) fixInode(data, fixes, objectId === ROOT_FOLDER);
    return inodes.length > 0;
  });
}

function fixInode(inode: Buffer, { epoch, root }: BtrfsFixes, isRoot: boolean): void {
  const isLate = Number(inode.readBigInt64LE(INODE.modified)) >= epoch;
  for (const at of [INODE.accessed, INODE.changed, INODE.created, ...(isLate ? [INODE.modified] : [])]) {
    inode.writeBigInt64LE(BigInt(epoch), at);
    inode.writeUInt32LE(0, at + 8);
  }
  if (!isRoot) return;
  inode.writeUInt32LE(root.uid, INODE.uid);
  inode.writeUInt32LE(root.gid, INODE.gid);
  inode.writeUInt32LE((inode.readUInt32LE(INODE.mode) & 0xf000) | (root.mode & 0o7777), INODE.mode);
}

interface Walker {
  readonly file: FileHandle;
  readonly nodeSize: number;
  readonly chunks: readonly Chunk[];
}

/**
 * Shows every leaf of a tree. What the visitor changes in the items is written back to every copy.
 * @param visit gives true where it has changed something
 */
async function walk(walker: Walker, address: number, visit: (items: readonly Item[]) => boolean): Promise<void> {
  const { file, nodeSize } = walker;
  const places = placesOf(walker.chunks, address);
  const node = await readAt(file, places[0] ?? 0, nodeSize);
  const count = node.readUInt32LE(NODE.items);
  if (node.readUInt8(NODE.level) > 0) {
    for (let index = 0; index < count; index += 1)
      await walk(walker, number64(node, NODE_HEADER + index * POINTER_BYTES + KEY_BYTES), visit);
    return;
  }
  if (!visit(itemsOf(node, count))) return;
  node.writeUInt32LE(~crc32c(0xffffffff, node.subarray(32)) >>> 0, 0);
  for (const place of places) await file.write(node, 0, nodeSize, place);
}

function itemsOf(leaf: Buffer, count: number): readonly Item[] {
  return Array.from({ length: count }, (_, index) => {
    const at = NODE_HEADER + index * ITEM_BYTES;
    const start = NODE_HEADER + leaf.readUInt32LE(at + KEY_BYTES);
    return {
      objectId: leaf.readBigUInt64LE(at),
      type: leaf.readUInt8(at + 8),
      offset: Number(leaf.readBigUInt64LE(at + 9)),
      data: leaf.subarray(start, start + leaf.readUInt32LE(at + KEY_BYTES + 4)),
    };
  });
}

/** The chunks that the superblock itself lists: those of the tree that lists all others. */
function systemChunks(array: Buffer): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < array.length; ) {
    const data = array.subarray(at + KEY_BYTES);
    chunks.push(chunkOf(number64(array, at + 9), data));
    at += KEY_BYTES + 48 + data.readUInt16LE(44) * 32;
  }
  return chunks;
}

function chunkOf(start: number, data: Buffer): Chunk {
  const copies = Array.from({ length: data.readUInt16LE(44) }, (_, index) => number64(data, 48 + index * 32 + 8));
  return { start, length: number64(data, 0), copies };
}

function placesOf(chunks: readonly Chunk[], address: number): readonly number[] {
  const chunk = chunks.find(({ start, length }) => address >= start && address < start + length);
  if (chunk === undefined) throw new RangeError(`No chunk has the address ${address}`);
  return chunk.copies.map((copy) => copy + address - chunk.start);
}

function number64(data: Buffer, at: number): number {
  return Number(data.readBigUInt64LE(at));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const data = Buffer.alloc(length);
  const { bytesRead } = await file.read(data, 0, length, position);
  if (bytesRead < length) throw new RangeError(`The filesystem ends at byte ${position + bytesRead}`);
  return data;
}
