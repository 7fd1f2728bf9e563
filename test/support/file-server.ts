import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/** What goes wrong with one answer. `cut` sends so many bytes and then drops the connection; `hang` never answers. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'replace'; readonly content: string }
  | { readonly kind: 'hang' };

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A web server of a folder on loopback, with ranges and entity tags, and with faults on request. */
export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Most requests under way at the same time. */
  readonly mostAtOnce: number;
  /** The next answers for a path (all paths that end in it) have these faults, one each; later ones are right again. */
  fail(path: string, ...faults: readonly Fault[]): void;
}

/** Serves a folder. @param options `hasTags` false leaves out entity tags, as simple mirrors do */
export async function serveFolder(folder: string, options: { readonly hasTags?: boolean } = {}): Promise<FileServer> {
  const requests: SeenRequest[] = [];
  const faults: { readonly path: string; readonly rest: Fault[] }[] = [];
  const load = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://server').pathname);
    requests.push({ path, headers: request.headers });
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.on('close', () => {
      load.now -= 1;
    });
    const fault = faults.find((one) => path.endsWith(one.path) && one.rest.length > 0)?.rest.shift();
    void answer(request, response, join(folder, path), fault, options.hasTags ?? true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get mostAtOnce() {
      return load.most;
    },
    fail: (path, ...wanted) => faults.push({ path, rest: [...wanted] }),
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
  const content = fault?.kind === 'replace' ? Buffer.from(fault.content) : await readFile(file).catch(() => undefined);
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  const tag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
  const headers = hasTags ? { etag: tag } : {};
  if (hasTags && request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  const start = rangeStart(request, tag);
  const body = content.subarray(start ?? 0);
  response.writeHead(start === undefined ? 200 : 206, {
    ...headers,
    'content-length': body.length,
    ...(start === undefined ? {} : { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  if (fault?.kind === 'cut') response.write(body.subarray(0, fault.afterBytes), () => response.destroy());
  else response.end(body);
}

function rangeStart(request: IncomingMessage, tag: string): number | undefined {
  const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const condition = request.headers['if-range'];
  return start === undefined || (condition !== undefined && condition !== tag) ? undefined : Number(start);
}
