import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/**
 * What goes wrong with one answer. After so many bytes `cut` closes the connection, `reset` breaks it with a TCP reset, and `stall` sends no
 * more; `truncate` is a complete answer with so many bytes. `corrupt` changes the first byte, `replace` the whole content; `hang` never answers.
 */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'cut' | 'reset' | 'stall' | 'truncate'; readonly afterBytes: number }
  | { readonly kind: 'replace'; readonly content: string | Buffer }
  | { readonly kind: 'corrupt' | 'hang' };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A web server of a folder on loopback, with ranges, conditions and lists of folders, and with faults on request. */
export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Most requests under way at the same time. */
  readonly mostAtOnce: number;
  /** The next answers for a path (all paths that end in it) have these faults, one each; later ones, and those to HEAD, are right. */
  fail(path: string, ...faults: readonly Fault[]): void;
  /** Every further answer for a path has this fault, until `mend`. */
  keepFailing(path: string, fault: Fault): void;
  /** Every answer is right from now on. */
  mend(): void;
}

export interface ServerOptions {
  /** False leaves out entity tags and dates, as simple mirrors do. */
  readonly hasTags?: boolean;
  /** An address of loopback; 127.0.0.1 unless given. */
  readonly host?: string;
  /** A free one unless given. */
  readonly port?: number;
  /** User and password with a colon between them, without which every answer is 401. */
  readonly login?: string;
}

/** Serves a folder; a path that ends in `/` is its `index.html`, or a list where it has none. */
export async function serveFolder(folder: string, options: ServerOptions = {}): Promise<FileServer> {
  const { host = '127.0.0.1' } = options;
  const login = options.login === undefined ? undefined : `Basic ${Buffer.from(options.login).toString('base64')}`;
  const requests: SeenRequest[] = [];
  const faults: { readonly path: string; readonly rest: Fault[]; readonly isLasting: boolean }[] = [];
  const load = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://server').pathname);
    requests.push({ method: request.method ?? '', path, headers: request.headers });
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.on('close', () => {
      load.now -= 1;
    });
    const isHead = request.method === 'HEAD';
    const planned = isHead ? undefined : faults.find((one) => path.endsWith(one.path) && one.rest.length > 0);
    const fault = planned?.isLasting ? planned.rest[0] : planned?.rest.shift();
    const isRefused = login !== undefined && request.headers.authorization !== login;
    if (isRefused) response.writeHead(401, { 'www-authenticate': 'Basic realm="tests"' }).end();
    else void answer(request, response, join(folder, path), fault, options.hasTags ?? true);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://${host}:${port}`,
    requests,
    get mostAtOnce() {
      return load.most;
    },
    fail: (path, ...wanted) => faults.push({ path, rest: [...wanted], isLasting: false }),
    keepFailing: (path, fault) => faults.push({ path, rest: [fault], isLasting: true }),
    mend: () => {
      faults.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
  fault: Fault | undefined,
  hasTags: boolean,
): Promise<void> {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'status') {
    response.writeHead(fault.status, fault.headers).end();
    return;
  }
  const whole = await contentOf(file, fault);
  if (whole === undefined) {
    response.writeHead(404).end();
    return;
  }
  const content = fault?.kind === 'truncate' ? whole.subarray(0, fault.afterBytes) : whole;
  const digest = createHash('sha256').update(content).digest();
  const tag = `"${digest.toString('hex', 0, 8)}"`;
  const date = dateOf(digest);
  const headers = hasTags ? { etag: tag, 'last-modified': date } : {};
  if (hasTags && isUnchanged(request, tag, date)) {
    response.writeHead(304, headers).end();
    return;
  }
  const start = rangeStart(request, [tag, date]);
  if (start !== undefined && start >= content.length) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const body = content.subarray(start ?? 0);
  response.writeHead(start === undefined ? 200 : 206, {
    ...headers,
    'accept-ranges': 'bytes',
    ...(/(\.html|\/)$/.test(file) ? { 'content-type': 'text/html' } : {}),
    'content-length': body.length,
    ...(start === undefined ? {} : { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  if (request.method === 'HEAD') response.end();
  else send(response, body, fault);
}

function send(response: ServerResponse, body: Buffer, fault: Fault | undefined): void {
  switch (fault?.kind) {
    case 'cut':
      response.write(body.subarray(0, fault.afterBytes), () => response.destroy());
      return;
    case 'reset':
      response.write(body.subarray(0, fault.afterBytes), () => response.socket?.resetAndDestroy());
      return;
    case 'stall':
      response.write(body.subarray(0, fault.afterBytes));
      return;
    default:
      response.end(body);
  }
}

/** A second is too coarse for tests that publish twice in one: the date, of some time since 2017, stands for the content. */
function dateOf(digest: Buffer): string {
  return new Date((1.5e9 + digest.readUInt32BE(0) / 2 ** 5) * 1000).toUTCString();
}

/** @returns the content of a file, or the list of a folder; undefined where there is neither */
async function contentOf(path: string, fault: Fault | undefined): Promise<Buffer | undefined> {
  if (fault?.kind === 'replace') return Buffer.from(fault.content);
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return undefined;
  if (facts.isDirectory()) return await readFile(join(path, 'index.html')).catch(async () => await listOf(path));
  const content = await readFile(path);
  if (fault?.kind === 'corrupt') content.writeUInt8(content.readUInt8(0) ^ 0xff, 0);
  return content;
}

async function listOf(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`).sort();
  return Buffer.from(`<html>${names.map((name) => `<a href="${name}">${name}</a>\n`).join('')}</html>\n`);
}

function isUnchanged({ headers }: IncomingMessage, tag: string, date: string): boolean {
  return headers['if-none-match'] === undefined
    ? headers['if-modified-since'] === date
    : headers['if-none-match'] === tag;
}

function rangeStart({ headers }: IncomingMessage, validators: readonly string[]): number | undefined {
  const start = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
  const condition = headers['if-range'];
  const isSame = condition === undefined || validators.some((validator) => validator === condition);
  return start !== undefined && isSame ? Number(start) : undefined;
}
