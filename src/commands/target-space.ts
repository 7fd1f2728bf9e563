import { stat, statfs } from 'node:fs/promises';
import { type Bytes, bytes, formatBytes, MIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import type { TargetImage } from '../model/target-image.ts';

/** What the smallest system and one package take in a filesystem, at the least. A system of no further packages takes 140 MiB, one of 41 packages 1450 MiB. */
const SYSTEM_BYTES = 128 * MIB;
const PACKAGE_BYTES = 5 * MIB;
/** What gzip leaves of a filesystem with programs, at the least. */
const GZIP_RATIO = 0.3;

/** Where a build of target images writes. */
export interface TargetPlaces {
  /** Absolute paths of folders that are there. */
  readonly output: string;
  readonly imageCache: string;
}

/**
 * Makes sure, before anything is fetched, that there is the space without which a build cannot end well: for the system in the cache, and for
 * the images. More may be needed in the end; what is on the way may lie in memory.
 * @throws IngotError `DISK_FULL` with the folder, what it needs and what it has
 */
export async function checkTargetSpace(
  { output, imageCache }: TargetPlaces,
  images: readonly TargetImage[],
  packageCount: number,
): Promise<void> {
  const system = SYSTEM_BYTES + packageCount * PACKAGE_BYTES;
  const packed = images.some(({ container }) => container === 'raw') ? system : system * GZIP_RATIO;
  const wishes = [
    { folder: imageCache, needed: system },
    { folder: output, needed: packed },
  ];
  const byDisk = Map.groupBy(
    await Promise.all(wishes.map(async (wish) => ({ ...wish, disk: (await stat(wish.folder)).dev }))),
    ({ disk }) => disk,
  );
  for (const group of byDisk.values()) {
    const folders = group.map(({ folder }) => folder);
    const needed = group.reduce((sum, wish) => sum + wish.needed, 0);
    const free = await freeBytes(folders[0] ?? output);
    if (free < needed) throw tooSmall(folders, bytes(Math.ceil(needed)), free);
  }
}

async function freeBytes(folder: string): Promise<Bytes> {
  const { bavail, bsize } = await statfs(folder);
  return bytes(bavail * bsize);
}

function tooSmall(folders: readonly string[], needed: Bytes, free: Bytes): IngotError {
  const place = folders.join(', ');
  return new IngotError(
    'DISK_FULL',
    `There is too little space for the images: below ${place} they take at least ${formatBytes(needed)}, and ${formatBytes(free)} are free`,
    {
      hint: 'Free space there, or choose other folders: "output" for the images, DIB_IMAGE_CACHE for the system.',
    },
  );
}
