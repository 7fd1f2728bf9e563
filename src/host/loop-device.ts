import { open, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { IngotError } from '../model/error.ts';
import { run, runForStatus } from './process.ts';

/** A file, or a part of one, as a block device of the kernel. Disposing it, or the end of the process, detaches it. */
export interface LoopDevice extends AsyncDisposable {
  /** Such as `/dev/loop0`. */
  readonly path: string;
}

export interface LoopOptions {
  /** First byte of the file that the device shows; 0 unless told. */
  readonly offset?: number;
  /** Bytes that it shows; all that follow unless told. */
  readonly size?: number;
  readonly sectorSize: 512 | 4096;
  readonly isReadOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a block device of a file. From the moment this returns the kernel takes it away when the process ends, in whatever way; for the
 * moments before, a lease names the file (see `detachLoopsOf`).
 * @throws IngotError `DEVICE_NEEDED` when the machine gives none
 */
export async function attachLoop(file: string, options: LoopOptions): Promise<LoopDevice> {
  const { offset = 0, size, sectorSize, isReadOnly, signal } = options;
  const limits = [
    `--offset=${offset}`,
    ...(size === undefined ? [] : [`--sizelimit=${size}`]),
    ...(isReadOnly ? ['--read-only'] : []),
  ];
  const args = ['--find', '--show', '--partscan', `--sector-size=${sectorSize}`, ...limits, '--', file];
  const { stdout } = await run('losetup', args, { signal }).catch((error) => {
    throw refused(error);
  });
  return await holdLoop(stdout.trim());
}

/** Takes over the loop devices of files below some folders, whoever has made them: they go when they are disposed, or the process ends. */
export async function holdLoopsOf(folders: readonly string[]): Promise<AsyncDisposable> {
  await using held = new AsyncDisposableStack();
  for (const path of await loopsOf(folders)) held.use(await holdLoop(path));
  return held.move();
}

/** The device lives as long as this process holds it, or is mounted. */
async function holdLoop(path: string): Promise<LoopDevice> {
  const handle = await open(path, 'r');
  // A device that is in use is not detached now, but by the kernel when its last user closes it.
  await run('losetup', ['--detach', path]);
  const release = async () => {
    await handle.sync();
    await handle.close();
  };
  return { path, [Symbol.asyncDispose]: release };
}

/** Detaches the loop devices whose files lie below one of the folders, or have a name that begins with `loopFileName` of one. */
export async function detachLoopsOf(folders: readonly string[]): Promise<void> {
  // One that goes at this very moment is none of ours any more.
  for (const path of await loopsOf(folders)) await runForStatus('losetup', ['--detach', path]);
}

async function loopsOf(folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await readdir('/sys/block').catch(() => [])) {
    const file = await readFile(join('/sys/block', name, 'loop/backing_file'), 'utf8').catch(() => '');
    const isOurs = folders.some(
      (folder) => file.startsWith(`${folder}/`) || file.startsWith(`/${loopFileName(folder)}`),
    );
    if (isOurs) found.push(join('/dev', name));
  }
  return found;
}

/** Beginning of the name of a file in a folder that can be told when the folder was a memory filesystem that is gone: then only names are left. */
export function loopFileName(folder: string): string {
  return `${basename(folder)}.`;
}

function refused(error: unknown): unknown {
  if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') return error;
  return new IngotError('DEVICE_NEEDED', 'The machine gives no loop device', {
    tail: error.details.tail,
    hint: 'Loop devices need root and the device /dev/loop-control. In a container, run it privileged and with the /dev of the machine.',
    cause: error,
  });
}
