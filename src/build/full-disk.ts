import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buildFoldersOf } from '../layers/store.ts';
import { MIB } from '../model/bytes.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { BuilderTask } from './builder-protocol.ts';

/** How programs say that they could not write. */
const NO_SPACE = /No space left on device|Disk quota exceeded/;

/** A disk with less space than this counts as full; in bytes. What failed may have been larger than what is left. */
const FULL_BELOW = MIB;

const HINT =
  'Free space there, or choose a larger disk: DIB_IMAGE_CACHE for layers and packages, TMPDIR for the build. With DIB_NO_TMPFS=1 nothing is built in memory.';

/** The folders that a build writes to, for `explainFullDisk`. */
export function writtenFolders({
  folders,
  request,
  buildId,
}: Pick<BuilderTask, 'folders' | 'request' | 'buildId'>): readonly string[] {
  return [
    ...buildFoldersOf(folders.store, buildId),
    folders.store,
    folders.cache,
    folders.build,
    folders.image,
    request.targetImages?.folder ?? dirname(request.outputName),
  ];
}

/**
 * Makes sure that there is any space at all before the first hook runs.
 * @throws IngotError `DISK_FULL`
 */
export async function refuseFullDisk(folders: readonly string[]): Promise<void> {
  const full = await firstFull(folders);
  if (full !== undefined) throw new IngotError('DISK_FULL', `There is no space left below ${full}`, { hint: HINT });
}

/**
 * What a failure means where a disk is full: `DISK_FULL` with the folder, and for a hook with its status and output. Anything else comes
 * back as it is.
 * @param folders absolute paths where the work wrote; they may be missing
 */
export async function explainFullDisk(error: unknown, folders: readonly string[]): Promise<unknown> {
  if (!isAboutSpace(error)) return error;
  const full = (await firstFull(folders)) ?? folderOf(error);
  if (full === undefined) return error;
  const where = `here is no space left below ${full}${(await isInMemory(full)) ? ', which is in memory' : ''}`;
  if (!(error instanceof IngotError)) return new IngotError('DISK_FULL', `T${where}`, { hint: HINT, cause: error });
  return new IngotError('DISK_FULL', `${error.message}: t${where}`, { ...error.details, hint: HINT, cause: error });
}

function isAboutSpace(error: unknown): boolean {
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) return true;
  if (!(error instanceof IngotError) || error.code === 'DISK_FULL') return false;
  return NO_SPACE.test((error.details.tail ?? []).join('\n')) || isAboutSpace(error.cause);
}

/** The folder that the kernel refused to write to: there is room in it again where the half of a file was removed, or it lacks inodes. */
function folderOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !isErrno(error, 'ENOSPC', 'EDQUOT')) return undefined;
  const path = 'dest' in error ? error.dest : 'path' in error ? error.path : undefined;
  return typeof path === 'string' ? dirname(path) : undefined;
}

/** How statfs(2) names tmpfs. */
const TMPFS_MAGIC = 0x01021994;

async function isInMemory(folder: string): Promise<boolean> {
  return (await statfs(folder).catch(() => undefined))?.type === TMPFS_MAGIC;
}

async function firstFull(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const facts = await statfs(folder).catch(() => undefined);
    if (facts !== undefined && facts.bavail * facts.bsize < FULL_BELOW) return folder;
  }
  return undefined;
}
