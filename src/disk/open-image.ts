import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';

export interface OpenImageOptions {
  /** Absolute path of an image file in any format that `qemu-img` reads. */
  readonly image: string;
  /** Absolute path of a folder with room for the content of an image that is not raw. */
  readonly temporaryFolder: string;
  readonly signal?: AbortSignal | undefined;
}

/** How a program that is given an open disk as its third descriptor calls it. */
export const OPEN_DISK = '/dev/fd/3';

/**
 * Opens the disk in an image file for reading. What is not raw already is converted into a file without a name, so that nothing is left
 * of it however the process ends.
 * @throws IngotError `USAGE` when there is no such file, `IMAGE_UNREADABLE` with what `qemu-img` says
 */
export async function openImage(options: OpenImageOptions): Promise<FileHandle> {
  const { image, signal } = options;
  const disk = await open(image, 'r').catch((cause: unknown) => {
    throw new IngotError('USAGE', `The image ${image} cannot be read`, { hint: 'Name an image file with -i.', cause });
  });
  try {
    const info = await ask(image, ['info', '--output=json', image], signal);
    const { format, 'virtual-size': size }: { format: string; 'virtual-size': number } = JSON.parse(info);
    if (format === 'raw') return disk;
    const converted = await openNameless(options.temporaryFolder);
    await converted.truncate(size);
    const convert = ['convert', '-n', '--target-is-zero', '-O', 'raw', image, OPEN_DISK];
    await ask(image, convert, signal, converted.fd);
    await disk.close();
    return converted;
  } catch (error) {
    await disk.close();
    throw error;
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `ingot-disk-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function ask(
  image: string,
  words: readonly string[],
  signal: AbortSignal | undefined,
  fd?: number,
): Promise<string> {
  try {
    const { stdout } = await run('qemu-img', words, { signal, extraFds: fd === undefined ? [] : [fd] });
    return stdout;
  } catch (cause) {
    if (!(cause instanceof IngotError) || cause.code !== 'TOOL_FAILED') throw cause;
    const { tail } = cause.details;
    const hint = /No space left/.test((tail ?? []).join('\n'))
      ? 'Set TMPDIR to a folder with room for the content of the image.'
      : 'The last lines are those of qemu-img.';
    throw new IngotError('IMAGE_UNREADABLE', `The image ${image} cannot be read by qemu-img`, { hint, tail, cause });
  }
}
