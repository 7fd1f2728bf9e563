import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { type RunOptions, type RunResult, runForStatus, start } from '../../src/host/process.ts';

const ON_SMALL_DISK = fileURLToPath(new URL('on-small-disk', import.meta.url));

/** A mount namespace that lasts until it is disposed, in which a folder is a small disk. What is started in it shares it. */
export interface SmallDisk extends AsyncDisposable {
  /** Runs a command that finds the disk at its folder. */
  readonly run: (words: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** Fills what is left of the disk. */
  readonly fill: () => Promise<void>;
}

/**
 * @param folder absolute path; made when missing
 * @param size as tmpfs(5) has it, such as `1m`
 */
export async function smallDisk(folder: string, size: string): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  const words = ['--mount', '--propagation', 'private', ON_SMALL_DISK, folder, size, 'sleep', 'infinity'];
  const holder = start('unshare', words, { stdio: ['ignore', 'ignore', 'ignore'] });
  const isMounted = async () => expectSleep(await readFile(`/proc/${holder.pid}/cmdline`, 'utf8'));
  await vi.waitFor(isMounted, { timeout: 20_000, interval: 10 });
  const inside = async (command: readonly string[], options?: RunOptions) =>
    await runForStatus('nsenter', ['--mount', '--target', String(holder.pid), ...command], options);
  return {
    run: inside,
    // It ends with the disk's being full.
    fill: async () => void (await inside(['cp', '/dev/zero', `${folder}/fill`])),
    [Symbol.asyncDispose]: async () => {
      holder.child.kill('SIGKILL');
      await holder.ended;
    },
  };
}

function expectSleep(commandLine: string): void {
  if (!commandLine.startsWith('sleep\0')) throw new Error('The disk is not mounted yet');
}
