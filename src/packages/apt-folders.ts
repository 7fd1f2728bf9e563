import { copyFile, cp, link, mkdir, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credential } from '../model/access.ts';
import { isErrno } from '../model/errno.ts';
import type { Environment } from '../model/request.ts';
import type { AptSetup } from './apt-setup.ts';
import { formatAptSource } from './apt-source.ts';
import type { IndexIdentity } from './index-identity.ts';
import { withPrivateApt } from './private-apt.ts';
import { pinPreferences } from './release-pins.ts';

/** Folders that stand for `/var/lib/apt/lists` and `/var/cache/apt` inside the chroot for the time of a build. */
export interface AptFolders {
  readonly lists: string;
  readonly cache: string;
}

export interface AptFoldersOptions {
  readonly setup: AptSetup;
  readonly imageCache: string;
  /** Existing, empty, owned by the build. */
  readonly folders: AptFolders;
  readonly identity: IndexIdentity;
  readonly isOffline: boolean;
  /** For proxies. */
  readonly env: Environment;
  readonly credentials?: readonly Credential[];
  readonly signal?: AbortSignal;
}

/** Names the sources whose lists are there, so that `apt-get update` can be left out; written beside the lists. */
const SOURCES_FILE = 'ingot-sources';

/** apt's parsed form of the lists. It fits the apt of one release only, which renews it when it does not. */
const PARSED_LISTS = 'srcpkgcache.bin';

/** Tells one version of a file from another. */
export type FileVersion = string;

/**
 * Fills the folders with the package index of the setup, brought up to date if need be, so that apt inside the tree neither fetches nor
 * parses it again.
 * @returns the version of the parsed index that apt is given; undefined where it has to parse
 * @throws IngotError as `bootstrapDebian` does for its index
 */
export async function prepareAptFolders(options: AptFoldersOptions): Promise<FileVersion | undefined> {
  const { setup, folders, identity, isOffline } = options;
  const preferences = pinPreferences(setup.pins, identity.texts);
  await withPrivateApt({ ...options, ...setup, preferences }, async (apt) => {
    await apt.update(identity, isOffline);
    for (const entry of await readdir(apt.lists, { withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'lock')
        await linkOrCopy(join(apt.lists, entry.name), join(folders.lists, entry.name));
    await copyIfThere(join(keptFolder(apt.lists), PARSED_LISTS), join(folders.cache, PARSED_LISTS));
  });
  await mkdir(join(folders.cache, 'archives', 'partial'), { recursive: true });
  const lines = setup.sources.map((source) => formatAptSource(source));
  await writeFile(join(folders.lists, SOURCES_FILE), `${lines.join('\n')}\n`);
  return await versionOf(join(folders.cache, PARSED_LISTS));
}

/** Adds the lists that elements have fetched into a tree themselves, from sources that the setup does not know. */
export async function adoptLists(treeLists: string, folders: AptFolders): Promise<void> {
  const known = new Set(await readdir(folders.lists));
  const entries = await readdir(treeLists, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile() && one.name !== 'lock' && !known.has(one.name)))
    await cp(join(treeLists, entry.name), join(folders.lists, entry.name), { preserveTimestamps: true });
}

/**
 * Keeps what apt inside the tree has parsed for the next build.
 * @param given what `prepareAptFolders` returned: that one is kept already
 */
export async function keepAptFolders(
  options: Omit<AptFoldersOptions, 'isOffline'>,
  given: FileVersion | undefined,
): Promise<void> {
  const { setup, folders, identity } = options;
  if ((await versionOf(join(folders.cache, PARSED_LISTS))) === given) return;
  const preferences = pinPreferences(setup.pins, identity.texts);
  await withPrivateApt({ ...options, ...setup, preferences }, async (apt) => {
    const kept = keptFolder(apt.lists);
    await mkdir(kept, { recursive: true });
    const aside = join(kept, `${PARSED_LISTS}.part`); // the lock that withPrivateApt holds makes it ours alone
    if (await copyIfThere(join(folders.cache, PARSED_LISTS), aside)) await rename(aside, join(kept, PARSED_LISTS));
  });
}

function keptFolder(lists: string): string {
  return join(lists, '..', 'in-tree');
}

/** apt replaces list files by rename and never writes into them, so that a second name for the kept ones is safe. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!isErrno(error, 'EXDEV', 'EPERM', 'EMLINK')) throw error;
    await copyFile(source, target);
    const { atime, mtime } = await stat(source); // apt tells by the time whether what it parsed is of this file
    await utimes(target, atime, mtime);
  }
}

async function versionOf(path: string): Promise<FileVersion | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts === undefined ? undefined : `${facts.ino} ${facts.mtimeNs}`;
}

async function copyIfThere(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
