import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, tryLock } from './lock.ts';
import { detachLoopsOf } from './loop-device.ts';
import { inNamespaces, type Privilege } from './namespaces.ts';
import { runForStatus } from './process.ts';

/** Folders that a build owns outside its namespaces, and loop devices of files in them. They go when it ends or, after a SIGKILL, at the next start. */
export interface Lease {
  /** Detaches the devices, removes the folders and ends the lease. */
  release(): Promise<void>;
}

/** Ends the name of a lease that is being written. */
const UNFINISHED = '.new';

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
  const aside = `${path}${UNFINISHED}`;
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
    const path = join(journal, name);
    if (name.endsWith(UNFINISHED)) await removeOld(path);
    if (!name.endsWith('.json')) continue;
    const lock = await tryLock(path, 'exclusive');
    if (lock === undefined) continue;
    const folders = foldersOf(await readFile(path, 'utf8').catch(() => ''));
    await end(path, folders, lock, privilege);
    removed.push(...folders);
  }
  return removed;
}

/** A lease is written within moments: one that is not done after a minute has lost its writer, who owned nothing yet. */
async function removeOld(path: string): Promise<void> {
  const facts = await stat(path).catch(() => undefined);
  if (facts !== undefined && Date.now() - facts.mtimeMs > 60_000) await rm(path, { force: true });
}

async function end(
  path: string,
  folders: readonly string[],
  lock: FileLock | undefined,
  privilege: Privilege,
): Promise<void> {
  // What cannot be removed yet, because a killed process is still on its way out, is left to the next start.
  if (await removeFolders(folders, privilege)) await rm(path, { force: true });
  await lock?.[Symbol.asyncDispose]();
}

/** Without root, there are no loop devices, and what a build wrote belongs to sub-uids: only their namespace may remove it. */
async function removeFolders(folders: readonly string[], privilege: Privilege): Promise<boolean> {
  if (folders.length === 0) return true;
  if (privilege === 'root') await detachLoopsOf(folders);
  const remove = ['rm', '--recursive', '--force', '--one-file-system', '--', ...folders];
  const [command = '', ...args] = privilege === 'root' ? remove : inNamespaces(privilege, remove);
  return (await runForStatus(command, args)).status === 0;
}

function foldersOf(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((folder) => typeof folder === 'string' && folder.startsWith('/')) : [];
  } catch {
    return [];
  }
}
