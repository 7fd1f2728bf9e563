import { createHash, type Hash, randomUUID } from 'node:crypto';
import { copyFile, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import { faultOfStatus, passingFault, publicUrl } from './fetch-fault.ts';
import { type Get, single } from './http-request.ts';

/** A file to fetch. */
export interface RemoteFile {
  /** `http:`, `https:` or `file:`. */
  readonly url: string;
  /** Absolute path to write; it appears whole or not at all. */
  readonly target: string;
  /** Lower-case hexadecimal. What arrives must have it. */
  readonly sha256?: string;
  /**
   * Absolute path for what has arrived when a transfer ends early; the next call goes on from there. Only for a file with a digest, and only
   * for a caller who sees to it that nobody else has the same path at the same time.
   */
  readonly partial?: string | undefined;
}

/** How a transfer is made. */
export interface TransferOptions {
  readonly get: Get;
  /** Repeats an attempt as long as its fault may pass. */
  readonly retrying: (attempt: () => Promise<void>) => Promise<void>;
  /** Told how many more bytes have arrived; a negative count takes back what had to be fetched again. */
  readonly onBytes: (count: number) => void;
}

/**
 * Fetches one file, going on where a broken transfer stopped.
 * @throws IngotError `FETCH_FAILED`, `DIGEST_MISMATCH`, `DISK_FULL`, `CANCELLED`
 */
export async function transferFile(file: RemoteFile, options: TransferOptions): Promise<void> {
  const partial = file.sha256 === undefined || file.url.startsWith('file:') ? undefined : file.partial;
  const aside = partial ?? `${file.target}.${randomUUID()}.part`;
  try {
    if (file.url.startsWith('file:')) await copyLocal(file.url, aside);
    await using handle = await open(aside, 'a+');
    const transfer: Transfer = { file: handle, received: 0, hash: createHash('sha256'), validator: undefined };
    await takeUp(transfer, options.onBytes);
    const isWhole = file.url.startsWith('file:') || transfer.hash.copy().digest('hex') === file.sha256;
    if (!isWhole) await options.retrying(() => receive(file, transfer, options));
    checkDigest(file, transfer);
    await rename(aside, file.target);
  } catch (error) {
    if (partial === undefined) await rm(aside, { force: true });
    throw isErrno(error, 'ENOSPC')
      ? new IngotError('DISK_FULL', `There is no space left to write ${file.target}`, { cause: error })
      : error;
  }
}

/** How far a transfer has come over all its attempts. */
interface Transfer {
  readonly file: FileHandle;
  received: number;
  hash: Hash;
  /** Names the version that was begun, so that only its rest is accepted. */
  validator: string | undefined;
}

async function receive(file: RemoteFile, transfer: Transfer, { get, onBytes }: TransferOptions): Promise<void> {
  const response = await get(file.url, rangeHeaders(file, transfer));
  const { statusCode, statusText, headers, body } = response;
  const isRest = statusCode === 206 && single(headers['content-range'])?.startsWith(`bytes ${transfer.received}-`);
  if (statusCode !== 200 && !isRest) {
    await body.dump();
    if (statusCode !== 206 && statusCode !== 416)
      throw faultOfStatus(statusCode, statusText, single(headers['retry-after']));
    await startOver(transfer, onBytes);
    throw passingFault('the rest of the file was refused');
  }
  if (!isRest) await startOver(transfer, onBytes);
  transfer.validator = single(headers['etag']) ?? single(headers['last-modified']);
  for await (const chunk of body) {
    await transfer.file.appendFile(chunk);
    transfer.hash.update(chunk);
    transfer.received += chunk.length;
    onBytes(chunk.length);
  }
  if (file.sha256 !== undefined && transfer.hash.copy().digest('hex') !== file.sha256) {
    const got = transfer.hash.copy().digest('hex');
    await startOver(transfer, onBytes);
    throw isRest ? passingFault('the two parts of the transfer do not fit together') : digestMismatch(file, got);
  }
}

/** The rest may be asked for when the server named its version, or when a digest proves the whole afterwards. */
function rangeHeaders(file: RemoteFile, transfer: Transfer): Record<string, string> {
  if (transfer.received === 0) return {};
  const range = `bytes=${transfer.received}-`;
  if (transfer.validator !== undefined && !transfer.validator.startsWith('W/'))
    return { range, 'if-range': transfer.validator };
  return file.sha256 === undefined ? {} : { range };
}

async function startOver(transfer: Transfer, onBytes: (count: number) => void): Promise<void> {
  if (transfer.received === 0) return;
  onBytes(-transfer.received);
  await transfer.file.truncate(0);
  transfer.received = 0;
  transfer.hash = createHash('sha256');
}

async function copyLocal(url: string, target: string): Promise<void> {
  try {
    await copyFile(fileURLToPath(url), target);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new IngotError('FETCH_FAILED', `${url} does not exist`, { cause: error });
  }
}

/** Counts in what the file holds already. */
async function takeUp(transfer: Transfer, onBytes: (count: number) => void): Promise<void> {
  for await (const chunk of transfer.file.createReadStream({ start: 0, autoClose: false })) {
    transfer.hash.update(chunk);
    transfer.received += chunk.length;
    onBytes(chunk.length);
  }
}

function checkDigest(file: RemoteFile, transfer: Transfer): void {
  if (file.sha256 === undefined) return;
  const got = transfer.hash.digest('hex');
  if (got !== file.sha256) throw digestMismatch(file, got);
}

function digestMismatch(file: RemoteFile, got: string): IngotError {
  return new IngotError(
    'DIGEST_MISMATCH',
    `${publicUrl(file.url)} is not the expected file: its SHA-256 is ${got}, not ${file.sha256}`,
    {
      hint: 'A mirror in the middle of an update or a proxy with a damaged copy does this: try again, or another mirror.',
    },
  );
}
