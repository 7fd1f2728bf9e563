import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../model/errno.ts';
import { writeFileAtomically } from './atomic-file.ts';
import type { Downloader, Validators } from './download.ts';

/** Where small documents of servers come from. */
export interface DocumentSource {
  /** Absolute path of the folder where they are kept; made when missing. */
  readonly folder: string;
  /** Undefined when the build is offline: what is kept has to do. */
  readonly downloader: Downloader | undefined;
}

/**
 * A document as the server has it now; it is not sent again where the server can tell that the kept one is the same.
 * @returns undefined when the server does not have it or, offline, when it is not kept
 * @throws IngotError `FETCH_FAILED`, `CANCELLED`
 */
export async function currentDocument(
  url: string,
  { folder, downloader }: DocumentSource,
): Promise<Buffer | undefined> {
  const kept = await readKept(url, folder);
  if (downloader === undefined) return kept?.content;
  const answer = await downloader.fetchDocument(url, kept?.validators);
  if (answer.kind === 'missing') return undefined;
  if (answer.kind === 'unchanged') return kept?.content;
  if (kept === undefined || !answer.content.equals(kept.content)) await keep(url, folder, answer);
  return answer.content;
}

/**
 * Which version of a file the server has now; offline, the one that it had the last time.
 * @returns undefined when the server does not have it or, offline, when nobody has asked before
 * @throws IngotError `FETCH_FAILED`, `CANCELLED`
 */
export async function currentValidators(
  url: string,
  { folder, downloader }: DocumentSource,
): Promise<Validators | undefined> {
  if (downloader === undefined) return (await readKept(url, folder))?.validators;
  const validators = await downloader.fetchValidators(url);
  if (validators !== undefined) await keep(url, folder, { content: Buffer.alloc(0), validators });
  return validators;
}

interface KeptDocument {
  readonly content: Buffer;
  readonly validators: Validators;
}

function keptPath(url: string, folder: string): string {
  return join(folder, createHash('sha256').update(url).digest('hex').slice(0, 32));
}

async function readKept(url: string, folder: string): Promise<KeptDocument | undefined> {
  try {
    const file = await readFile(keptPath(url, folder));
    const head = file.indexOf('\n');
    const [etag = '', lastModified = ''] = file.subarray(0, head).toString('utf8').split('\t');
    return {
      content: file.subarray(head + 1),
      validators: {
        etag: etag === '' ? undefined : etag,
        lastModified: lastModified === '' ? undefined : lastModified,
      },
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The validators stand in the first line of the kept file, so that both always belong together. */
async function keep(url: string, folder: string, { validators, content }: KeptDocument): Promise<void> {
  const head = `${validators.etag ?? ''}\t${validators.lastModified ?? ''}\n`;
  await mkdir(folder, { recursive: true });
  await writeFileAtomically(keptPath(url, folder), Buffer.concat([Buffer.from(head), content]));
}
