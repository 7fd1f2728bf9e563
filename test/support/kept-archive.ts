import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../../src/host/is-there.ts';
import { waitForLock } from '../../src/host/lock.ts';
import { makeKey } from './apt-repository.ts';
import type { ArchiveKey } from './archive-suite.ts';
import { folderTree } from './folder-tree.ts';

/** A signed archive on the disk. */
export interface KeptArchive {
  /** To be shown by a server: `serveFolder(archive.folder)`. */
  readonly folder: string;
  /** Absolute path of the keyring with the key that signs it. */
  readonly keyring: string;
}

/** Makes an archive in an empty folder. `work` is a folder on the same filesystem that is removed afterwards. */
export type MakeArchive = (archive: string, key: ArchiveKey, keyring: string, work: string) => Promise<void>;

/**
 * Opens an archive that is kept below a folder, and makes it where it is not there yet, with a key of its own.
 * @param name of the archive; it may stand in names of files
 * @param recipe everything that decides what is in it
 */
export async function keptArchive(
  folder: string,
  name: string,
  recipe: unknown,
  make: MakeArchive,
): Promise<KeptArchive> {
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const place = join(folder, `${name}-${digest}`);
  await using _alone = await waitForLock(`${place}.lock`);
  if (!isThere(place)) await makeAside(place, make);
  return { folder: join(place, 'www'), keyring: join(place, 'keyring.gpg') };
}

async function makeAside(place: string, make: MakeArchive): Promise<void> {
  const aside = `${place}.${randomUUID()}`;
  try {
    for (const part of ['www', 'work']) await mkdir(join(aside, part), { recursive: true });
    await using keys = await folderTree({ 'keys/': '' }); // the path of gpg's socket may not be long
    const key = await makeKey(join(keys.path, 'keys'));
    const keyring = join(aside, 'keyring.gpg');
    await copyFile(key.keyring, keyring);
    await make(join(aside, 'www'), key, keyring, join(aside, 'work'));
    await rm(join(aside, 'work'), { recursive: true });
    await rename(aside, place);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}
