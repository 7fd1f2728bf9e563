import { lstatSync, readdirSync, type Stats } from 'node:fs';

/** The unit in which filesystems hand out space, and in which this room counts it. */
export const BLOCK = 4096;

/** What a tree of files takes up, told without asking how the filesystem under it stores it. */
export interface TreeMeasure {
  /** Bytes in whole blocks of 4 KiB: contents, folders, long symbolic links; hard links once. */
  readonly blockBytes: number;
  /** Number of inodes. */
  readonly inodes: number;
  /** Absolute paths of device nodes. */
  readonly devices: readonly Buffer[];
  /** Absolute paths of what is dated after January 2038. */
  readonly datedAfter2038: readonly Buffer[];
}

/** First second that does not fit a signed number of 32 bits. */
const SECONDS_OF_2038 = 2 ** 31;

/** Longest target that ext4 keeps inside the inode of a symbolic link. */
const INLINE_LINK_BYTES = 59;

/**
 * Walks a tree once.
 *
 * Sizes are rounded up from file lengths, and folders are counted by the names in them, because the allocated blocks that a filesystem
 * reports differ between ext4, tmpfs and overlayfs: the same tree has to give the same image everywhere. Only a sparse file, which has
 * far fewer blocks than bytes, is counted by its blocks.
 * @param skipped paths inside the tree, such as `/boot/efi`, whose contents do not count
 */
export function measureTree(tree: string, skipped: readonly string[] = [], signal?: AbortSignal): TreeMeasure {
  const counted = { blockBytes: 0, inodes: 0 };
  const devices: Buffer[] = [];
  const datedAfter2038: Buffer[] = [];
  const seen = new Set<string>();
  const hidden = new Set(skipped.map((point) => Buffer.from(`${tree}${point}`).toString('latin1')));

  const folders: Buffer[] = [Buffer.from(tree)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal?.throwIfAborted();
    const names = hidden.has(folder.toString('latin1')) ? [] : readdirSync(folder, { encoding: 'buffer' });
    counted.inodes += 1;
    counted.blockBytes += folderBytes(names);
    for (const name of names) {
      const file = Buffer.concat([folder, SLASH, name]);
      const stats = lstatSync(file);
      if (stats.mtimeMs >= SECONDS_OF_2038 * 1000) datedAfter2038.push(file);
      if (stats.isCharacterDevice() || stats.isBlockDevice()) devices.push(file);
      if (stats.isDirectory()) {
        folders.push(file);
        continue;
      }
      if (stats.nlink > 1 && isSeen(seen, stats)) continue;
      counted.inodes += 1;
      counted.blockBytes += contentBytes(stats);
    }
  }
  return { ...counted, devices, datedAfter2038 };
}

const SLASH = Buffer.from('/');

function isSeen(seen: Set<string>, stats: Stats): boolean {
  const key = `${stats.dev}:${stats.ino}`;
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

function contentBytes(stats: Stats): number {
  if (stats.isSymbolicLink()) return stats.size > INLINE_LINK_BYTES ? BLOCK : 0;
  if (!stats.isFile()) return 0;
  const full = wholeBlocks(stats.size);
  const allocated = wholeBlocks(stats.blocks * 512);
  return allocated < full / 2 ? allocated : full;
}

/** Each name takes 8 bytes and itself, padded to 4; two more are `.` and `..`; the last 12 bytes of a block hold its checksum. */
function folderBytes(names: readonly Buffer[]): number {
  const entries = names.reduce((sum, name) => sum + 8 + Math.ceil(name.length / 4) * 4, 24);
  return Math.ceil(entries / (BLOCK - 12)) * BLOCK;
}

function wholeBlocks(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
