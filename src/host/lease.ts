import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, tryLock } from './lock.ts';
import { inNamespaces, type Privilege } from './namespaces.ts';
import { runForStatus } from './process.ts';

/** Folders that a build owns outside its namespaces. They go when it ends or, after a SIGKILL, at the next start. */
export interface Lease {
  /** Removes the folders and ends the lease. */
  release(): Promise<void>;
}

/**
 * Writes down, before they are made, which folders a build is going to own.
 * @param journal folder of the leases
 */
export async function takeLease(
  journal: string,
  buildId: string,
  folders: readonly string[],
  privilege: Privilege,
): Promise<Lease> {
  await mkdir(journal, { recursive: true });
  const path = join(journal, `${buildId}.json`);
  const aside = `${path}.new`;
  await writeFile(aside, JSON.stringify(folders), { mode: 0o600 });
  // Locked before it has its name, a lease is never seen without its owner's lock.
  const lock = await tryLock(aside, 'exclusive');
  await rename(aside, path);
  return { release: async () => await end(path, folders, lock, privilege) };
}

/**
 * Removes what builds left behind whose process died without a chance to clean up.
 * @returns the folders removed
 */
export async function reclaimAbandoned(journal: string, privilege: Privilege): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await readdir(journal).catch(() => [])) {
    if (!name.endsWith('.json')) continue;
    const path = join(journal, name);
    const lock = await tryLock(path, 'exclusive');
    if (lock === undefined) continue;
    const folders = foldersOf(await readFile(path, 'utf8').catch(() => ''));
    await end(path, folders, lock, privilege);
    removed.push(...folders);
  }
  return removed;
}

async function end(
  path: string,
  folders: readonly string[],
  lock: FileLock | undefined,
  privilege: Privilege,
): Promise<void> {
  await removeFolders(folders, privilege);
  await rm(path, { force: true });
  await lock?.[Symbol.asyncDispose]();
}

/** Without root, what a build wrote belongs to sub-uids, and only their namespace may remove it. */
async function removeFolders(folders: readonly string[], privilege: Privilege): Promise<void> {
  if (folders.length === 0) return;
  const remove = ['rm', '--recursive', '--force', '--one-file-system', '--', ...folders];
  const [command = '', ...args] = privilege === 'root' ? remove : inNamespaces(privilege, remove);
  await runForStatus(command, args);
}

function foldersOf(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((folder) => typeof folder === 'string' && folder.startsWith('/')) : [];
  } catch {
    return [];
  }
}
