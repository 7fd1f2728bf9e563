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

/** Folder of what apt would do in states of trees: `install-packages` names each file after the state, by a digest. */
const PLANS = 'ingot-plans';

/** Tells one version of a file or folder from another; undefined where there is none. */
type Version = string | undefined;

/** What apt inside a tree was given, so that only what it made itself is kept. */
export interface GivenToApt {
  readonly parsed: Version;
  readonly plans: Version;
}

/**
 * Fills the folders with the package index of the setup, brought up to date if need be, so that apt inside the tree neither fetches nor
 * parses it again.
 * @throws IngotError as `bootstrapDebian` does for its index
 */
export async function prepareAptFolders(options: AptFoldersOptions): Promise<GivenToApt> {
  const { setup, folders, identity, isOffline } = options;
  const preferences = pinPreferences(setup.pins, identity.texts);
  await withPrivateApt({ ...options, ...setup, preferences }, async (apt) => {
    await apt.update(identity, isOffline);
    for (const entry of await readdir(apt.lists, { withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'lock')
        await linkOrCopy(join(apt.lists, entry.name), join(folders.lists, entry.name));
    await copyIfThere(join(keptFolder(apt.lists), PARSED_LISTS), join(folders.cache, PARSED_LISTS));
    await copyPlans(join(apt.answers, PLANS), join(folders.cache, PLANS));
  });
  await mkdir(join(folders.cache, 'archives', 'partial'), { recursive: true });
  const lines = setup.sources.map((source) => formatAptSource(source));
  await writeFile(join(folders.lists, SOURCES_FILE), `${lines.join('\n')}\n`);
  return await versionsIn(folders);
}

/** Adds the lists that elements have fetched into a tree themselves, from sources that the setup does not know. */
export async function adoptLists(treeLists: string, folders: AptFolders): Promise<void> {
  const known = new Set(await readdir(folders.lists));
  const entries = await readdir(treeLists, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile() && one.name !== 'lock' && !known.has(one.name)))
    await cp(join(treeLists, entry.name), join(folders.lists, entry.name), { preserveTimestamps: true });
}

/**
 * Keeps what apt inside the tree has parsed and worked out for the next build.
 * @param given what `prepareAptFolders` returned: that is kept already
 */
export async function keepAptFolders(options: Omit<AptFoldersOptions, 'isOffline'>, given: GivenToApt): Promise<void> {
  const { setup, folders, identity } = options;
  const { parsed, plans } = await versionsIn(folders);
  if (parsed === given.parsed && plans === given.plans) return;
  const preferences = pinPreferences(setup.pins, identity.texts);
  await withPrivateApt({ ...options, ...setup, preferences }, async (apt) => {
    await copyPlans(join(folders.cache, PLANS), join(apt.answers, PLANS));
    if (parsed === given.parsed) return;
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

async function versionsIn({ cache }: AptFolders): Promise<GivenToApt> {
  return { parsed: await versionOf(join(cache, PARSED_LISTS)), plans: await versionOf(join(cache, PLANS)) };
}

async function versionOf(path: string): Promise<Version> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts === undefined ? undefined : `${facts.ino} ${facts.mtimeNs}`;
}

async function copyPlans(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const [there, known] = [await readdir(source).catch(() => []), new Set(await readdir(target))];
  for (const name of there.filter((one) => /^[0-9a-f]{64}$/.test(one) && !known.has(one))) {
    const aside = join(target, 'part');
    await copyFile(join(source, name), aside);
    await rename(aside, join(target, name));
  }
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
