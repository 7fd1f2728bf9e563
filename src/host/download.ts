import { createHash, type Hash, randomUUID } from 'node:crypto';
import { copyFile, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Dispatcher } from 'undici';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import {
  type FetchFault,
  faultOf,
  faultOfStatus,
  hintFor,
  passingFault,
  publicUrl,
  splitCredentials,
} from './fetch-fault.ts';

const TIMEOUT_MS = 30_000;
const MAX_REDIRECTIONS = 5;

export interface DownloaderOptions {
  /** Proxies are taken from its `http_proxy`, `https_proxy` and `no_proxy`. */
  readonly env: Environment;
  /** Files fetched at the same time. */
  readonly concurrency?: number;
  /** Tries for one file, the first one included. */
  readonly attempts?: number;
  /** Wait before the second try; doubled for each further one. */
  readonly backoffMs?: number;
  readonly signal?: AbortSignal;
}

/** A file to fetch. */
export interface RemoteFile {
  /** `http:`, `https:` or `file:`. */
  readonly url: string;
  /** Absolute path to write; it appears whole or not at all. */
  readonly target: string;
  /** Lower-case hexadecimal. What arrives must have it. */
  readonly sha256?: string;
}

/** What a server said of a document, to ask later whether it changed. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type Document =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'fetched'; readonly content: Buffer; readonly validators: Validators };

/** Fetches files and documents, a bounded number at a time. Closing it closes its connections. */
export interface Downloader extends AsyncDisposable {
  /**
   * Fetches a file, going on where a broken transfer stopped.
   * @param onBytes told how many more bytes have arrived; a negative count takes back what had to be fetched again
   * @throws IngotError `FETCH_FAILED`, `DIGEST_MISMATCH`, `DISK_FULL`, `CANCELLED`
   */
  fetchFile(file: RemoteFile, onBytes?: (count: number) => void): Promise<void>;
  /**
   * Fetches a small document into memory unless it is the one that `known` describes. A document that is not there is a result.
   * @throws IngotError `FETCH_FAILED`, `CANCELLED`
   */
  fetchDocument(url: string, known?: Validators): Promise<Document>;
}

/** Opens a downloader. */
export async function openDownloader(options: DownloaderOptions): Promise<Downloader> {
  const { EnvHttpProxyAgent, interceptors } = await import('undici');
  const { default: PQueue } = await import('p-queue');
  const { env, signal } = options;
  const agent = new EnvHttpProxyAgent({
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: { timeout: TIMEOUT_MS / 3 },
    allowH2: false,
  });
  const dispatcher = agent.compose(
    interceptors.redirect({ maxRedirections: MAX_REDIRECTIONS, throwOnMaxRedirect: true }),
  );
  const queue = new PQueue({ concurrency: options.concurrency ?? 8 });
  const retry = { attempts: options.attempts ?? 5, backoffMs: options.backoffMs ?? 250, signal };
  const get = (url: string, headers: Record<string, string>) => request(dispatcher, url, headers, signal);
  return {
    fetchFile: async (file, onBytes = () => {}) => await queue.add(() => fetchFile(file, get, retry, onBytes)),
    fetchDocument: async (url, known = {}) =>
      await queue.add(() => retrying(url, retry, () => fetchDocument(url, known, get))),
    [Symbol.asyncDispose]: async () => await agent.destroy(),
  };
}

type Get = (url: string, headers: Record<string, string>) => Promise<Dispatcher.ResponseData>;

interface Retry {
  readonly attempts: number;
  readonly backoffMs: number;
  readonly signal: AbortSignal | undefined;
}

async function request(
  dispatcher: Dispatcher,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Dispatcher.ResponseData> {
  const { address, authorization } = splitCredentials(url);
  return await dispatcher.request({
    origin: address.origin,
    path: `${address.pathname}${address.search}`,
    method: 'GET',
    headers: { 'user-agent': 'ingot', ...(authorization === undefined ? {} : { authorization }), ...headers },
    signal,
  });
}

async function retrying<T>(url: string, retry: Retry, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (retry.signal?.aborted) throw cancelled(retry.signal, url);
      const fault = faultOf(error);
      if (fault.kind === 'other') throw error;
      if (fault.kind === 'permanent' || tried >= retry.attempts) throw fetchFailed(url, fault, tried, error);
      await sleep(fault.retryAfterMs ?? retry.backoffMs * 2 ** (tried - 1), undefined, { signal: retry.signal }).catch(
        () => {},
      );
    }
  }
}

function cancelled(signal: AbortSignal, url: string): IngotError {
  return signal.reason instanceof IngotError
    ? signal.reason
    : new IngotError('CANCELLED', `The download of ${publicUrl(url)} was stopped`);
}

function fetchFailed(url: string, fault: FetchFault, attempts: number, cause: unknown): IngotError {
  const times = attempts === 1 ? '' : ` after ${attempts} attempts`;
  return new IngotError('FETCH_FAILED', `${publicUrl(url)} could not be fetched${times}: ${fault.reason}`, {
    hint: hintFor(fault),
    cause,
  });
}

async function fetchDocument(url: string, known: Validators, get: Get): Promise<Document> {
  const response = await get(url, {
    ...(known.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  });
  const { statusCode, headers, body } = response;
  if (statusCode === 200) {
    const content = Buffer.from(await body.arrayBuffer());
    return {
      kind: 'fetched',
      content,
      validators: { etag: single(headers['etag']), lastModified: single(headers['last-modified']) },
    };
  }
  await body.dump();
  if (statusCode === 304) return { kind: 'unchanged' };
  if (statusCode === 404 || statusCode === 410) return { kind: 'missing' };
  throw faultOfStatus(statusCode, single(headers['retry-after']));
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** How far a transfer has come over all its attempts. */
interface Transfer {
  readonly file: FileHandle;
  received: number;
  hash: Hash;
  /** Names the version that was begun, so that only its rest is accepted. */
  validator: string | undefined;
}

async function fetchFile(file: RemoteFile, get: Get, retry: Retry, onBytes: (count: number) => void): Promise<void> {
  const aside = `${file.target}.${randomUUID()}.part`;
  try {
    if (file.url.startsWith('file:')) await copyLocal(file.url, aside);
    await using handle = await open(aside, 'a+');
    const transfer: Transfer = { file: handle, received: 0, hash: createHash('sha256'), validator: undefined };
    if (file.url.startsWith('file:')) await rehash(transfer);
    else await retrying(file.url, retry, () => receive(file, transfer, get, onBytes));
    checkDigest(file, transfer);
    await rename(aside, file.target);
  } catch (error) {
    await rm(aside, { force: true });
    throw isErrno(error, 'ENOSPC')
      ? new IngotError('DISK_FULL', `There is no space left to write ${file.target}`, { cause: error })
      : error;
  }
}

async function receive(
  file: RemoteFile,
  transfer: Transfer,
  get: Get,
  onBytes: (count: number) => void,
): Promise<void> {
  const response = await get(file.url, rangeHeaders(file, transfer));
  const { statusCode, headers, body } = response;
  const isRest = statusCode === 206 && single(headers['content-range'])?.startsWith(`bytes ${transfer.received}-`);
  if (statusCode !== 200 && !isRest) {
    await body.dump();
    await startOver(transfer, onBytes);
    throw statusCode === 206 || statusCode === 416
      ? passingFault('the rest of the file was refused')
      : faultOfStatus(statusCode, single(headers['retry-after']));
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

async function rehash(transfer: Transfer): Promise<void> {
  for await (const chunk of transfer.file.createReadStream({ start: 0, autoClose: false })) transfer.hash.update(chunk);
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
