import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DocumentSource } from '../host/kept-document.ts';
import { IngotError } from '../model/error.ts';
import { entriesInListing } from './newest-name.ts';
import { localPath } from './published-files.ts';

/** A folder of a server or of this machine, with some of what it has. */
export interface NearestFolder {
  readonly address: string;
  /** Names in order, the newest last. */
  readonly names: readonly string[];
}

/** More names would hide the one that is looked for. */
const MOST_NAMES = 12;

/**
 * The nearest folder above a file that is not there which shows what it has: where a release is wrong, it has the others.
 * @returns undefined where no folder does
 * @throws IngotError `CANCELLED`
 */
export async function nearestFolder(address: string, source: DocumentSource): Promise<NearestFolder | undefined> {
  for (let folder = above(address); folder !== undefined; folder = above(folder.replace(/\/$/, ''))) {
    const names = await namesIn(folder, source);
    if (names.length > 0) return { address: folder, names: names.sort(byNumber).slice(-MOST_NAMES) };
  }
  return undefined;
}

/** The folder that something is in, with a slash at its end; undefined at the top. */
function above(address: string): string | undefined {
  const path = localPath(address);
  if (path !== undefined) return path === '/' || path === '' ? undefined : `${dirname(path).replace(/\/$/, '')}/`;
  const folder = new URL('.', address);
  return folder.href === address || folder.pathname === new URL(address).pathname ? undefined : folder.href;
}

async function namesIn(folder: string, { downloader }: DocumentSource): Promise<string[]> {
  const path = localPath(folder);
  if (path !== undefined) return await readdir(path).catch(() => []);
  try {
    const answer = await downloader?.fetchDocument(folder);
    return answer?.kind === 'fetched' ? entriesInListing(answer.content.toString('utf8')) : [];
  } catch (error) {
    if (error instanceof IngotError && error.code === 'FETCH_FAILED') return []; // it may be forbidden
    throw error;
  }
}

function byNumber(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
