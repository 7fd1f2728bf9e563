import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runForStatus } from './process.ts';

/** A held lock on a file. Closing it, or the death of the process, releases it. */
export interface FileLock extends AsyncDisposable {
  readonly path: string;
  /** The open file. A process that gets it holds the lock too. */
  readonly fd: number;
}

/**
 * Takes a flock(2) lock on a file, which is made when missing. The lock belongs to the open file, so it also ends when ingot is killed.
 * @returns undefined when somebody else holds it
 */
export async function tryLock(path: string, kind: 'exclusive' | 'shared'): Promise<FileLock | undefined> {
  return await takeLock(path, ['--nonblock', `--${kind}`]);
}

/**
 * Takes an exclusive lock as `tryLock` does, and waits for it.
 * @throws IngotError `CANCELLED`, or the reason of `signal`, when it is aborted
 */
export async function waitForLock(path: string, signal?: AbortSignal): Promise<FileLock> {
  const lock = await takeLock(path, ['--exclusive'], signal);
  if (lock === undefined) throw new Error(`flock gave up on ${path}`);
  return lock;
}

async function takeLock(path: string, options: readonly string[], signal?: AbortSignal): Promise<FileLock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a');
  try {
    const { status } = await runForStatus('flock', [...options, '3'], { extraFds: [file.fd], signal });
    if (status === 0) return { path, fd: file.fd, [Symbol.asyncDispose]: async () => await close(file) };
  } catch (error) {
    await close(file);
    throw error;
  }
  await close(file);
  return undefined;
}

async function close(file: FileHandle): Promise<void> {
  await file.close();
}
