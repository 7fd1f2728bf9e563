import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { currentDocument, type DocumentSource } from '../host/kept-document.ts';
import { isErrno } from '../model/errno.ts';
import { namesInListing, newestName } from './newest-name.ts';

/** The path that an address without a server names; undefined for one on a server. */
export function localPath(address: string): string | undefined {
  if (address.startsWith('/')) return address;
  return address.startsWith('file:') ? fileURLToPath(address) : undefined;
}

/**
 * A small document, from a server or from this machine.
 * @returns undefined where there is none
 * @throws IngotError `FETCH_FAILED`, `CANCELLED`
 */
export async function readDocument(address: string, source: DocumentSource): Promise<Buffer | undefined> {
  const path = localPath(address);
  if (path === undefined) return await currentDocument(address, source);
  return await readFile(path).catch(missing);
}

/**
 * Puts the newest name that is there in the place of a pattern. An address whose last part has no `*` is taken as it is.
 * @returns undefined where no name fits
 * @throws IngotError `FETCH_FAILED`, `CANCELLED`
 */
export async function findNewest(address: string, source: DocumentSource): Promise<string | undefined> {
  const cut = address.lastIndexOf('/') + 1;
  const [folder, pattern] = [address.slice(0, cut), address.slice(cut)];
  if (!pattern.includes('*')) return address;
  const path = localPath(folder);
  const names =
    path === undefined
      ? namesInListing((await currentDocument(folder, source))?.toString('utf8') ?? '')
      : ((await readdir(path).catch(missing)) ?? []);
  const name = newestName(names, pattern);
  return name === undefined ? undefined : `${folder}${path === undefined ? encodeURIComponent(name) : name}`;
}

function missing(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
}
