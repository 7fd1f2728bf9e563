import { stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { formatBytes } from '../model/bytes.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import { isFullDisk } from './full-disk.ts';
import type { Output } from './output-names.ts';
import { writerOf } from './registry.ts';

/**
 * Makes sure that an image fits its filesystem, as far as its size is known before it is written.
 * @param rawDisk path of the raw disk; undefined where there is none
 * @throws IngotError `DISK_FULL`
 */
export async function checkSpace(output: Output, rawDisk: string | undefined): Promise<void> {
  const needed = await neededBytes(output, rawDisk);
  if (needed > (await freeBytes(dirname(output.path)))) throw await diskFull(output, needed);
}

/** What a failed write means for the person who asked for the image; anything unknown comes back as it is. */
export async function explainWriteFailure(
  error: unknown,
  output: Output,
  rawDisk: string | undefined,
): Promise<unknown> {
  if (isFullDisk(error)) return await diskFull(output, await neededBytes(output, rawDisk), error);
  if (isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR') && error instanceof Error)
    return new IngotError('OUTPUT_UNWRITABLE', `The image ${output.path} cannot be written: ${error.message}`, {
      hint: 'Choose another place with -o, or change the permissions of the folder.',
      cause: error,
    });
  return error;
}

async function neededBytes(output: Output, rawDisk: string | undefined): Promise<number> {
  const { neededBytes: estimate, consumesDisk } = writerOf(output.format);
  if (estimate === undefined || rawDisk === undefined) return 0;
  const disk = await stat(rawDisk);
  const moves = consumesDisk && disk.dev === (await stat(dirname(output.path))).dev;
  return moves ? 0 : estimate({ diskAllocated: disk.blocks * 512 });
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function diskFull(output: Output, needed: number, cause?: unknown): Promise<IngotError> {
  const folder = dirname(output.path);
  const need = needed > 0 ? `needs at least ${formatBytes(needed)}` : 'needs more';
  const free = formatBytes(await freeBytes(folder));
  return new IngotError(
    'DISK_FULL',
    `No space left in ${folder} for ${basename(output.path)}: it ${need}, and ${free} are free`,
    { hint: 'Make room there, or choose another place with -o. Compressed qcow2 is the smallest format.', cause },
  );
}
