import { access, constants, stat } from 'node:fs/promises';
import { makeFolders } from '../host/make-folders.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';

const CCACHE_HINT = 'Choose another one with the variable DIB_CCACHE_DIR.';

/**
 * Makes sure, before anything long begins, that a build can keep its files where it is told to. The folders of caches are made when missing.
 * @throws IngotError `FOLDER_UNUSABLE`
 */
export async function checkFolders(request: BuildRequest): Promise<void> {
  const cacheHint = 'Choose another one with --image-cache or DIB_IMAGE_CACHE.';
  await makeFolder(request.imageCache, `The cache folder ${request.imageCache}`, cacheHint);
  await requireWritable(request.imageCache, `The cache folder ${request.imageCache}`, cacheHint);
  const ccache = `The folder of ccache, ${request.ccacheFolder},`;
  await makeFolder(request.ccacheFolder, ccache, CCACHE_HINT);
  await requireWritable(request.ccacheFolder, ccache, CCACHE_HINT);
  const temporary = `The folder for temporary files, ${request.temporaryFolder},`;
  await requireWritable(request.temporaryFolder, temporary, 'Choose another one with the variable TMPDIR.');
}

/**
 * Makes a folder and those above it.
 * @param subject the folder, as an error begins
 * @throws IngotError `FOLDER_UNUSABLE`
 */
export async function makeFolder(folder: string, subject: string, hint: string): Promise<void> {
  try {
    await makeFolders(folder);
  } catch (cause) {
    throw new IngotError('FOLDER_UNUSABLE', `${subject} cannot be made: ${reasonOf(cause)}`, { hint, cause });
  }
}

async function requireWritable(folder: string, subject: string, hint: string): Promise<void> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts === undefined) throw new IngotError('FOLDER_UNUSABLE', `${subject} does not exist`, { hint });
  if (!facts.isDirectory()) throw new IngotError('FOLDER_UNUSABLE', `${subject} is not a folder`, { hint });
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new IngotError('FOLDER_UNUSABLE', `${subject} cannot be written: ${reasonOf(cause)}`, { hint, cause });
  }
}

function reasonOf(error: unknown): string {
  if (isErrno(error, 'EACCES', 'EPERM')) return 'this user is not allowed to';
  if (isErrno(error, 'ENOTDIR')) return 'a part of its path is not a folder';
  if (isErrno(error, 'EROFS')) return 'the filesystem is mounted read-only';
  return error instanceof Error ? error.message : String(error);
}
