import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileLock, tryLock } from './lock.ts';

/** A file that is written beside the place where it will appear. Disposing removes it unless it was published. */
export interface AsideFile extends AsyncDisposable {
  /** Where to write; the file exists and is empty. */
  readonly path: string;
  /** Waits until the content is on the disk. */
  readonly sync: () => Promise<void>;
  /** Gives the file its name. */
  readonly publish: () => Promise<void>;
}

/**
 * Starts a file that becomes visible as a whole. It is locked while this process lives, so that `removeAbandonedAsides` can tell the
 * leftovers of a killed process from work in progress.
 */
export async function openAside(target: string): Promise<AsideFile> {
  const path = join(dirname(target), `${asidePrefix(target)}${randomUUID()}`);
  const lock = await tryLock(path, 'exclusive');
  return {
    path,
    sync: async () => {
      await using file = await open(path, 'r');
      await file.sync();
    },
    publish: async () => await rename(path, target),
    [Symbol.asyncDispose]: async () => await discard(path, lock),
  };
}

/** Removes what earlier processes began to write for `target` and left when they were killed. */
export async function removeAbandonedAsides(target: string): Promise<void> {
  const names = await readdir(dirname(target));
  for (const name of names.filter((candidate) => candidate.startsWith(asidePrefix(target)))) {
    const path = join(dirname(target), name);
    const lock = await tryLock(path, 'exclusive');
    if (lock) await discard(path, lock);
  }
}

function asidePrefix(target: string): string {
  return `.${basename(target)}.part-`;
}

async function discard(path: string, lock: FileLock | undefined): Promise<void> {
  await rm(path, { force: true });
  await lock?.[Symbol.asyncDispose]();
}
