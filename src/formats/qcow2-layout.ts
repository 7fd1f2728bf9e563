/** Bytes of a cluster, which is the unit of allocation of a qcow2 file; what `qemu-img` uses unless told. */
export const CLUSTER = 65536;

const CLUSTER_BITS = 16;
const SECTOR = 512;
/** Guest clusters that one L2 table maps: 8 bytes each. */
export const L2_ENTRIES = CLUSTER / 8;
/** Host clusters that one refcount block counts: 2 bytes each. */
const REFCOUNT_ENTRIES = CLUSTER / 2;
/** Set on what only one entry refers to, so that it may be written in place. */
const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;
/** Bits of the host offset in an entry of a compressed cluster: 62 - (cluster bits - 8). */
const COMPRESSED_OFFSET_BITS = 54n;

/** Entry for a cluster that lies as it is at a multiple of `CLUSTER`. */
export function plainEntry(offset: number): bigint {
  return BigInt(offset) | COPIED;
}

/** Entry for `length` compressed bytes at any `offset` of the file. */
export function compressedEntry(offset: number, length: number): bigint {
  const extraSectors = Math.floor((offset + length - 1) / SECTOR) - Math.floor(offset / SECTOR);
  return BigInt(offset) | (BigInt(extraSectors) << COMPRESSED_OFFSET_BITS) | COMPRESSED;
}

/** Indices of the host clusters that compressed bytes count in: all that their 512-byte sectors touch. */
export function clustersOfCompressed(offset: number, length: number): number[] {
  const first = Math.floor((Math.floor(offset / SECTOR) * SECTOR) / CLUSTER);
  const last = Math.floor((Math.ceil((offset + length) / SECTOR) * SECTOR - 1) / CLUSTER);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Where the tables of a finished file lie. */
export interface Qcow2Tables {
  readonly version: 2 | 3;
  /** Bytes of the disk that the guest sees. */
  readonly virtualSize: number;
  readonly l1: { readonly offset: number; readonly entries: number };
  readonly refcounts: { readonly offset: number; readonly clusters: number };
}

/** The first cluster of the file. See `docs/interop/qcow2.txt` of QEMU for the fields. */
export function headerCluster(tables: Qcow2Tables): Buffer {
  const header = Buffer.alloc(CLUSTER);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(tables.version, 4);
  header.writeUInt32BE(CLUSTER_BITS, 20);
  header.writeBigUInt64BE(BigInt(tables.virtualSize), 24);
  header.writeUInt32BE(tables.l1.entries, 36);
  header.writeBigUInt64BE(BigInt(tables.l1.offset), 40);
  header.writeBigUInt64BE(BigInt(tables.refcounts.offset), 48);
  header.writeUInt32BE(tables.refcounts.clusters, 56);
  if (tables.version === 3) {
    header.writeUInt32BE(4, 96); // refcounts of 2^4 bits, as version 2 has them
    header.writeUInt32BE(104, 100);
  }
  return header;
}

/** Packs 64-bit entries, padded with zeros to whole clusters. */
export function entryTable(entries: readonly bigint[]): Buffer {
  const table = Buffer.alloc(wholeClusters(entries.length * 8) * CLUSTER);
  entries.forEach((entry, index) => {
    table.writeBigUInt64BE(entry, index * 8);
  });
  return table;
}

/** Clusters that so many bytes need. */
export function wholeClusters(length: number): number {
  return Math.ceil(length / CLUSTER);
}

/** Room for refcounts of a file of `counted` clusters, to which the refcount blocks and their table are added. */
export interface RefcountRoom {
  readonly blocks: number;
  readonly tableClusters: number;
}

/** Sizes the refcount structures so that they count themselves too. */
export function refcountRoom(counted: number): RefcountRoom {
  let room: RefcountRoom = { blocks: 0, tableClusters: 0 };
  for (;;) {
    const total = counted + room.blocks + room.tableClusters;
    const blocks = Math.ceil(total / REFCOUNT_ENTRIES);
    const next = { blocks, tableClusters: wholeClusters(blocks * 8) };
    if (next.blocks === room.blocks && next.tableClusters === room.tableClusters) return room;
    room = next;
  }
}

/** The refcount blocks for the counts of all clusters of the file, in order. */
export function refcountBlocks(counts: readonly number[], blocks: number): Buffer {
  const buffer = Buffer.alloc(blocks * CLUSTER);
  counts.forEach((count, index) => {
    buffer.writeUInt16BE(count, index * 2);
  });
  return buffer;
}
