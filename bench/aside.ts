import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../src/model/errno.ts';

/**
 * Takes something out of the way of a benchmark's next row. It is removed when the benchmark is over: ext4 looks for inodes long and in vain
 * for minutes after tens of thousands have been freed, and the next row would pay for that.
 * @param folder of the benchmark
 * @param name relative to it; it may be missing
 */
export async function putAside(folder: string, name: string): Promise<void> {
  const place = join(folder, 'aside');
  await mkdir(place, { recursive: true });
  await rename(join(folder, name), join(place, randomUUID())).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
  });
}

/** Removes what was put aside. */
export async function removeAside(folder: string): Promise<void> {
  await rm(join(folder, 'aside'), { recursive: true, force: true });
}
