import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { chooseBootFiles } from '../disk/boot-files.ts';
import type { ExtFiles } from '../disk/ext-files.ts';
import { findBootSource } from '../disk/find-boot-source.ts';
import { openImage } from '../disk/open-image.ts';
import { openAside, removeAbandonedAsides } from '../host/aside-file.ts';
import { requireTools } from '../host/tool-check.ts';
import { isErrno } from '../model/errno.ts';
import { exitStatusOf, IngotError, toErrorReport } from '../model/error.ts';
import { GET_KERNEL_HELP, type GetKernelCall, parseGetKernel } from '../spec/disk-image-get-kernel.ts';
import type { Caller } from './caller.ts';
import { complain } from './error-text.ts';
import { watchStopSignals } from './stop-signals.ts';

/** Programs that read images. */
const TOOLS = ['qemu-img', 'partx', 'blkid', 'debugfs'] as const;

/**
 * The command `disk-image-get-kernel`.
 * @returns the exit status: 0, 129, 130 or 143 for a signal, else 1
 */
export async function main(caller: Caller): Promise<number> {
  using watch = watchStopSignals(caller);
  try {
    const call = parseGetKernel(caller.words, caller.workingFolder);
    if (call.kind === 'help') caller.stdout.write(GET_KERNEL_HELP);
    else caller.stdout.write(await extract(caller, call, watch.signal));
    return 0;
  } catch (error) {
    const status = watch.status();
    if (status !== undefined) return status;
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return exitStatusOf(report);
  }
}

type Extraction = Extract<GetKernelCall, { kind: 'extract' }>;

async function extract(caller: Caller, call: Extraction, signal: AbortSignal): Promise<string> {
  const { image, prefix, isTraced } = call;
  const { environment } = caller;
  await requireTools(TOOLS, caller.command, environment.PATH ?? '');
  const temporaryFolder = path.resolve(caller.workingFolder, environment.TMPDIR ?? '/tmp');
  await using disk = await openImage({ image, temporaryFolder, signal });
  const source = await findBootSource(disk, image);
  const { kernel, ramdisk } = await chooseBootFiles(source, { environment, temporaryFolder });
  const { files, folder } = source.boot;
  const targets = [
    { from: `${folder}/${kernel}`, name: `${prefix}-vmlinuz` },
    { from: `${folder}/${ramdisk}`, name: `${prefix}-initrd` },
  ];
  for (const { from, name } of targets) {
    signal.throwIfAborted();
    if (isTraced) caller.stderr.write(`${caller.command}: ${from} becomes ${path.join(call.folder, name)}\n`);
    await copyOut(files, from, path.join(call.folder, name));
  }
  return `${targets.map(({ name }) => name).join(',')}\n`;
}

async function copyOut(files: ExtFiles, from: string, target: string): Promise<void> {
  const file = await files.find(from);
  if (file === undefined) throw new IngotError('KERNEL_MISSING', `The image has no file ${from}`);
  try {
    await removeAbandonedAsides(target);
    await using aside = await openAside(target);
    await files.copy(file, aside.path);
    await chmod(aside.path, 0o644);
    await aside.publish();
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
    throw new IngotError('OUTPUT_UNWRITABLE', `The file ${target} cannot be written`, {
      hint: 'Choose another folder with -d.',
      cause: error,
    });
  }
}
