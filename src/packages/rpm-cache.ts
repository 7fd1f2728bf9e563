import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from '../host/lock.ts';
import { GIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';

/** What a cache of packages may hold when no build uses it. */
const KEPT_BYTES = 10 * GIB;

/** A folder for the cache of dnf or zypper that no other build uses at the same time. */
export interface RpmCache extends AsyncDisposable {
  /** Absolute path. */
  readonly folder: string;
}

export interface RpmCacheOptions {
  /** Absolute path of the folder that is kept from build to build. */
  readonly kept: string;
  /** Absolute path of a folder of this build alone. */
  readonly own: string;
  readonly isOffline: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Opens the cache. The locks of these programs name processes, and each build has a PID namespace: they do not tell two builds apart, and
 * a killed build leaves them behind. So one build at a time has the kept folder; another one beside it fetches for itself, or waits where
 * it may not fetch.
 * @throws IngotError `CANCELLED`
 */
export async function openRpmCache({ kept, own, isOffline, signal }: RpmCacheOptions): Promise<RpmCache> {
  for (;;) {
    const lock = await tryLock(join(kept, 'in-use'), 'exclusive');
    if (lock !== undefined) {
      await removeLocks(kept);
      return {
        folder: kept,
        [Symbol.asyncDispose]: async () => {
          await evictRpms(kept, KEPT_BYTES);
          await lock[Symbol.asyncDispose]();
        },
      };
    }
    if (!isOffline) {
      await mkdir(own, { recursive: true });
      return { folder: own, [Symbol.asyncDispose]: async () => await rm(own, { recursive: true, force: true }) };
    }
    if (signal?.aborted) throw new IngotError('CANCELLED', 'The wait for the package cache was stopped');
    await sleep(200);
  }
}

async function removeLocks(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.endsWith('.pid')) await rm(join(folder, name), { force: true });
}

/** Removes the oldest package files until those below a folder hold no more than so many bytes. */
export async function evictRpms(folder: string, limitBytes: number): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.rpm'));
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return { path: join(folder, name), size, mtimeMs };
    }),
  );
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.sort((one, other) => one.mtimeMs - other.mtimeMs)) {
    if (total <= limitBytes) return;
    await rm(path);
    total -= size;
  }
}
