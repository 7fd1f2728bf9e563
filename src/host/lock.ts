import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runForStatus } from './process.ts';

/** A held lock on a file. Closing it, or the death of the process, releases it. */
export interface FileLock extends AsyncDisposable {
  readonly path: string;
}

/**
 * Takes a flock(2) lock on a file, which is made when missing. The lock belongs to the open file, so it also ends when ingot is killed.
 * @returns undefined when somebody else holds it
 */
export async function tryLock(path: string, kind: 'exclusive' | 'shared'): Promise<FileLock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a');
  const { status } = await runForStatus('flock', ['--nonblock', `--${kind}`, '3'], { extraFds: [file.fd] });
  if (status === 0) return { path, [Symbol.asyncDispose]: async () => await close(file) };
  await close(file);
  return undefined;
}

async function close(file: FileHandle): Promise<void> {
  await file.close();
}
