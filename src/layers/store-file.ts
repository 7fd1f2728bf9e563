import { readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { isErrno } from '../model/errno.ts';

/** What a JSON file holds; undefined where there is none, or a torn one. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    ignoreMissing(error);
    return undefined;
  }
}

/** Takes the error of a file that is not there; throws every other. */
export function ignoreMissing(error: unknown): void {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return;
  throw error;
}

/** Gives a finished folder its name in place of an older one. Where another build has just done so, its folder stays. */
export async function putInPlace(made: string, folder: string): Promise<void> {
  const old = `${made}.old`;
  await rename(folder, old).catch(ignoreMissing);
  try {
    await rename(made, folder);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    await rm(made, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}
