import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openAside } from '../host/aside-file.ts';
import { requireTools } from '../host/tool-check.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';
import type { FormatWish } from './format-writer.ts';
import { outputsOf } from './output-names.ts';
import { checkQemuOptions } from './qemu-img.ts';
import { factsOf } from './registry.ts';

export type OutputWish = FormatWish & Pick<BuildRequest, 'purpose' | 'outputName' | 'formats' | 'temporaryFolder'>;

/**
 * Finds out before any long work whether the images can be written: their folder, their tools, what each format needs beside the tree,
 * and the options for `qemu-img`.
 * @throws IngotError `OUTPUT_UNWRITABLE`, `TOOL_MISSING`, `USAGE`
 */
export async function checkOutputs(wish: OutputWish): Promise<void> {
  const tools = new Set(wish.formats.flatMap((format) => factsOf(format).tools(wish)));
  await requireTools([...tools], `the formats ${wish.formats.join(', ')}`, wish.environment.PATH ?? '');
  for (const path of [...outputsOf(wish).map((output) => output.path), ...ramdiskFiles(wish)]) await checkPlace(path);
  for (const format of wish.formats) await factsOf(format).check?.(wish);
  await checkOptions(wish);
}

/** What the ramdisk elements write; the name is theirs. */
function ramdiskFiles({ purpose, outputName }: OutputWish): readonly string[] {
  return purpose === 'ramdisk' ? [`${outputName}.kernel`, `${outputName}.initramfs`] : [];
}

async function checkPlace(path: string): Promise<void> {
  const folder = dirname(path);
  const place = await lookAt(folder);
  if (place === 'missing' || place === 'other')
    throw new IngotError('OUTPUT_UNWRITABLE', `There is no folder ${folder} for the image ${path}`, {
      hint: `Make it with: mkdir -p ${folder}`,
    });
  if ((await lookAt(path)) === 'folder')
    throw new IngotError('OUTPUT_UNWRITABLE', `There is a folder where the image ${path} should go`, {
      hint: 'Choose another name with -o, or remove the folder.',
    });
  try {
    // Permission bits do not tell all: root passes them even where no file can be made.
    await using _probe = await openAside(path);
  } catch (error) {
    throw new IngotError('OUTPUT_UNWRITABLE', `The folder ${folder} for the image ${path} ${reasonOf(error)}`, {
      hint: 'Choose another place with -o, or change the permissions of the folder.',
      cause: error,
    });
  }
}

/** What is at a path; `hidden` when this user may not look there. */
async function lookAt(path: string): Promise<'folder' | 'other' | 'missing' | 'hidden'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return 'missing';
    if (isErrno(error, 'EACCES')) return 'hidden';
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (isErrno(error, 'EROFS')) return 'is on a filesystem that is mounted read-only';
  return 'cannot be written by this user';
}

async function checkOptions(wish: OutputWish): Promise<void> {
  const { formats, qcow2 } = wish;
  if (qcow2.options.length === 0) return;
  const folder = await mkdtemp(join(wish.temporaryFolder, 'ingot-options-'));
  try {
    for (const format of formats.filter((name) => factsOf(name).takesQemuOptions)) {
      await mkdir(join(folder, format));
      await checkQemuOptions(format, qcow2.options, join(folder, format));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
