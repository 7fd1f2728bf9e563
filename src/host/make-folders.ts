import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../model/errno.ts';

/**
 * Makes a folder with those above it that are missing, one level at a time: asked to make several below /proc at once, Node tries for
 * ever. Throws as Node does.
 */
export async function makeFolders(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let level = folder; !(await isThere(level)); level = dirname(level)) missing.unshift(level);
  for (const level of missing) {
    try {
      await mkdir(level);
    } catch (error) {
      // another process may be making it as well
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: unknown) => !isErrno(error, 'ENOENT', 'ENOTDIR'),
  );
}
