import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential } from '../model/access.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { type FetchFault, faultOf, faultOfStatus, hintFor, publicUrl } from './fetch-fault.ts';
import { fetchPatienceOf } from './fetch-patience.ts';
import { type RemoteFile, transferFile } from './file-transfer.ts';
import { type Get, request, single } from './http-request.ts';

const MAX_REDIRECTIONS = 5;

export interface DownloaderOptions {
  /** Proxies are taken from its `http_proxy`, `https_proxy` and `no_proxy`, and the patience with servers from its `INGOT_FETCH_…`. */
  readonly env: Environment;
  /** For addresses that have none themselves. */
  readonly credentials?: readonly Credential[];
  /** Files fetched at the same time. */
  readonly concurrency?: number;
  /** Tries for one file, the first one included. */
  readonly attempts?: number;
  /** Wait before the second try; doubled for each further one. */
  readonly backoffMs?: number;
  readonly signal?: AbortSignal;
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

/** Fetches files and documents, a bounded number at a time. Closing it ends what is under way, and nothing is written any more then. */
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
  /**
   * Asks a server which version of a file it has, without the file. Undefined when it is not there.
   * @returns with the size in bytes, where the server tells
   * @throws IngotError `FETCH_FAILED`, `CANCELLED`
   */
  fetchValidators(url: string): Promise<(Validators & { readonly size?: number }) | undefined>;
}

/** Opens a downloader. */
export async function openDownloader(options: DownloaderOptions): Promise<Downloader> {
  const { EnvHttpProxyAgent, interceptors } = await import('undici');
  const { default: PQueue } = await import('p-queue');
  const { env } = options;
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const patience = fetchPatienceOf(env);
  const agent = new EnvHttpProxyAgent({
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    headersTimeout: patience.timeoutMs,
    bodyTimeout: patience.timeoutMs,
    connect: { timeout: patience.timeoutMs / 3 },
    allowH2: false,
  });
  const dispatcher = agent.compose(
    interceptors.redirect({ maxRedirections: MAX_REDIRECTIONS, throwOnMaxRedirect: true }),
  );
  const queue = new PQueue({ concurrency: options.concurrency ?? 8 });
  const retry = { attempts: options.attempts ?? patience.attempts, backoffMs: options.backoffMs ?? 250, signal };
  const { credentials } = options;
  const ask =
    (method: 'GET' | 'HEAD'): Get =>
    async (url, headers) =>
      await request(dispatcher, { url, method, headers, credentials, signal });
  const [get, head] = [ask('GET'), ask('HEAD')];
  const repeat = async <T>(url: string, attempt: () => Promise<T>) => await retrying(url, retry, attempt);
  const inTurn = async <T>(url: string, work: () => Promise<T>): Promise<T> =>
    await queue.add(async () => {
      if (signal.aborted) throw cancelled(signal, url);
      return await work();
    });
  return {
    fetchFile: async (file, onBytes = () => {}) =>
      await inTurn(file.url, async () => {
        await transferFile(file, { get, retrying: async (attempt) => await repeat(file.url, attempt), onBytes });
      }),
    fetchDocument: async (url, known = {}) =>
      await inTurn(url, async () => await repeat(url, () => fetchDocument(url, known, get))),
    fetchValidators: async (url) => await inTurn(url, async () => await repeat(url, () => fetchValidators(url, head))),
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await agent.destroy();
      await queue.onIdle();
    },
  };
}

interface Retry {
  readonly attempts: number;
  readonly backoffMs: number;
  readonly signal: AbortSignal;
}

async function retrying<T>(url: string, retry: Retry, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (retry.signal.aborted) throw cancelled(retry.signal, url);
      const fault = faultOf(error);
      if (fault.kind === 'other') throw error;
      if (fault.kind === 'permanent' || tried >= retry.attempts)
        throw error instanceof IngotError ? error : fetchFailed(url, fault, tried, error);
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
  const { statusCode, statusText, headers, body } = response;
  if (statusCode === 200) {
    const content = Buffer.from(await body.arrayBuffer());
    return { kind: 'fetched', content, validators: validatorsIn(headers) };
  }
  await body.dump();
  if (statusCode === 304) return { kind: 'unchanged' };
  if (statusCode === 404 || statusCode === 410) return { kind: 'missing' };
  throw faultOfStatus(statusCode, statusText, single(headers['retry-after']));
}

async function fetchValidators(url: string, head: Get): Promise<(Validators & { size?: number }) | undefined> {
  const { statusCode, statusText, headers, body } = await head(url, {});
  await body.dump();
  const size = single(headers['content-length']);
  if (statusCode === 200) return { ...validatorsIn(headers), ...(size === undefined ? {} : { size: Number(size) }) };
  if (statusCode === 404 || statusCode === 410) return undefined;
  throw faultOfStatus(statusCode, statusText, single(headers['retry-after']));
}

function validatorsIn(headers: Readonly<Record<string, string | string[] | undefined>>): Validators {
  return { etag: single(headers['etag']), lastModified: single(headers['last-modified']) };
}
