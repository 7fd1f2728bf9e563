import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/process.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { FormatInput, FormatWriter } from './format-writer.ts';

interface QemuImgFormat {
  /** Name of `qemu-img`, and the file's extension. */
  readonly format: string;
  /** Replaces what `qemu-img` takes from the clock, from random numbers or from the name of the file. */
  readonly settle: (input: FormatInput) => Promise<void>;
  readonly holdsItsName?: true;
}

/** A format that `qemu-img convert` writes from the raw disk with the options that the user gave. */
export function qemuImgWriter({ format, settle, holdsItsName }: QemuImgFormat): FormatWriter {
  return {
    source: 'disk',
    extension: format,
    tools: () => ['qemu-img'],
    keepsOldImage: true,
    takesQemuOptions: true,
    holdsItsName,
    neededBytes: ({ diskAllocated }) => diskAllocated,
    write: async (input) => {
      await convertDisk(input, { format, options: input.wish.qcow2.options, isCompressed: false });
      await settle(input);
    },
  };
}

export interface Conversion {
  /** A format name of `qemu-img`. */
  readonly format: string;
  /** `k=v` pairs for `-o`. */
  readonly options: readonly string[];
  readonly isCompressed: boolean;
}

/**
 * Converts the raw disk with `qemu-img`. Writes stay in order: with `-W` the clusters land in the order in which threads end, and two
 * runs differ.
 * @throws IngotError `USAGE` when an option is not one of the format, `TOOL_MISSING`, `TOOL_FAILED`, `CANCELLED`
 */
export async function convertDisk(input: FormatInput, conversion: Conversion): Promise<void> {
  const { format, options, isCompressed } = conversion;
  const args = ['convert', '-f', 'raw', '-O', format];
  if (isCompressed) args.push('-c');
  if (await takesDirectWrites(input.target)) args.push('-t', 'none');
  if (options.length > 0) args.push('-o', options.join(','));
  await run('qemu-img', [...args, input.source, input.target], { signal: input.signal });
}

/**
 * Whether a file can be written past the page cache, which most filesystems of disks allow. An image is synced before it is published, so
 * going through the cache only costs: a third of a second for each GiB, and memory that other steps want.
 */
async function takesDirectWrites(path: string): Promise<boolean> {
  try {
    await using _file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_DIRECT);
    return true;
  } catch (error) {
    if (isErrno(error, 'EINVAL')) return false;
    throw error;
  }
}

/**
 * Finds out whether `qemu-img` takes these options for a format, and makes one file with them, by making an empty image.
 * @param folder absolute path of an empty folder for that image, which the caller removes
 * @throws IngotError `USAGE` with what `qemu-img` says and the options it knows
 */
export async function checkQemuOptions(format: string, options: readonly string[], folder: string): Promise<void> {
  const joined = options.join(',');
  try {
    await run('qemu-img', ['create', '-q', '-f', format, '-o', joined, join(folder, 'image'), '1M']);
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') throw error;
    const reason = error.details.tail?.find((line) => line.startsWith('qemu-img:')) ?? error.message;
    const known = await knownOptions(format);
    throw new IngotError('USAGE', `The options "${joined}" do not fit the format ${format}: ${reason}`, {
      hint: `--qemu-img-options applies to qcow2, vmdk, vdi and vhdx. Options of ${format}: ${known.join(', ')}.`,
      tail: error.details.tail,
      cause: error,
    });
  }
  const files = await readdir(folder);
  if (files.length > 1)
    throw new IngotError('USAGE', `With the options "${joined}" an image of the format ${format} has several files`, {
      hint: 'An image that ingot writes is one file. Leave the subformat out, or choose monolithicSparse or streamOptimized.',
    });
}

async function knownOptions(format: string): Promise<string[]> {
  const { stdout } = await run('qemu-img', ['create', '-f', format, '-o', 'help']);
  return [...stdout.matchAll(/^\s+([a-z_0-9]+)=/gm)].flatMap((match) => (match[1] === undefined ? [] : [match[1]]));
}
