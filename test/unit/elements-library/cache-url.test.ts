import { readFile, stat, utimes } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUNDLED_ELEMENTS } from '../../../src/elements/bundled-elements.ts';
import { type RunResult, run, runForStatus } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

const CACHE_URL = join(BUNDLED_ELEMENTS, 'cache-url/bin/cache-url');
const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);

test('downloads a file into folders that it makes', async () => {
  await using server = await serve((_, response) => response.end('content'));
  await using folder = await folderTree();

  const { status } = await cacheUrl([server.url, `${folder.path}/a/b/file`]);

  expect(status).toBe(0);
  expect(await readFile(`${folder.path}/a/b/file`, 'utf8')).toBe('content');
});

test('asks whether its copy is still good and keeps it when it is', { tags: ['cache-url.conditional'] }, async () => {
  await using server = await serve((request, response) => {
    response.statusCode = request.headers['if-modified-since'] === undefined ? 200 : 304;
    response.end(response.statusCode === 200 ? 'new' : undefined);
  });
  await using folder = await folderTree({ file: 'old' });

  const { status, stdout } = await cacheUrl([server.url, `${folder.path}/file`]);

  expect(status).toBe(0);
  expect(stdout).toContain('has not changed');
  expect(await readFile(`${folder.path}/file`, 'utf8')).toBe('old');
});

test('takes the newer file of the server, and counts its age from the start of the download', async () => {
  await using server = await serve((_, response) => response.end('new'));
  await using folder = await folderTree({ file: 'old' });
  await utimes(`${folder.path}/file`, AN_HOUR_AGO, AN_HOUR_AGO);
  const before = Math.floor(Date.now() / 1000);

  const { status } = await cacheUrl([server.url, `${folder.path}/file`]);

  expect(status).toBe(0);
  expect(await readFile(`${folder.path}/file`, 'utf8')).toBe('new');
  const { mtimeMs } = await stat(`${folder.path}/file`);
  expect(mtimeMs).toBeGreaterThanOrEqual(before * 1000);
  expect(mtimeMs % 1000).toBe(0);
});

test('keeps its copy when a server without conditional requests sends an old date', async () => {
  await using server = await serve((_, response) => {
    response.setHeader('Last-Modified', 'Mon, 01 Jan 2001 00:00:00 GMT');
    response.end('the same');
  });
  await using folder = await folderTree({ file: 'kept' });

  const { status } = await cacheUrl([server.url, `${folder.path}/file`]);

  expect(status).toBe(0);
  expect(await readFile(`${folder.path}/file`, 'utf8')).toBe('kept');
});

test('downloads in any case with -f, and tells caches on the way', { tags: ['cache-url.conditional'] }, async () => {
  const asked: IncomingMessage['headers'][] = [];
  await using server = await serve((request, response) => {
    asked.push(request.headers);
    response.end('new');
  });
  await using folder = await folderTree({ file: 'old' });

  await cacheUrl(['-f', server.url, `${folder.path}/file`]);

  expect(await readFile(`${folder.path}/file`, 'utf8')).toBe('new');
  expect(asked[0]?.['cache-control']).toContain('no-cache');
  expect(asked[0]?.['if-modified-since']).toBeUndefined();
});

test('ends with 44 when there is no such file, and leaves the old copy and nothing else', {
  tags: ['cache-url.missing'],
}, async () => {
  await using server = await serve((_, response) => {
    response.statusCode = 404;
    response.end('no such page');
  });
  await using folder = await folderTree({ file: 'old' });

  const { status, stderr } = await cacheUrl([server.url, `${folder.path}/file`]);

  expect(status).toBe(44);
  expect(stderr).toContain('does not exist');
  const { stdout } = await run('ls', ['-A', folder.path]);
  expect(stdout).toBe('file\n');
  expect(await readFile(`${folder.path}/file`, 'utf8')).toBe('old');
});

test('ends with 1 for another refusal and shows the address without its password', async () => {
  await using server = await serve((_, response) => {
    response.statusCode = 403;
    response.end();
  });
  await using folder = await folderTree();

  const url = server.url.replace('//', '//ada:secret@');
  const { status, stderr } = await cacheUrl([url, `${folder.path}/file`]);

  expect(status).toBe(1);
  expect(stderr).toContain(`${server.url} could not be downloaded: the server answered 403`);
});

test('writes the whole file into a FIFO', { tags: ['cache-url.fifo'] }, async () => {
  await using server = await serve((_, response) => response.end('through'));
  await using folder = await folderTree();
  const fifo = `${folder.path}/fifo`;
  await run('mkfifo', [fifo]);

  const [{ status }, read] = await Promise.all([cacheUrl([server.url, fifo]), readFile(fifo, 'utf8')]);

  expect(status).toBe(0);
  expect(read).toBe('through');
});

test('copies a local file', async () => {
  await using folder = await folderTree({ source: 'local' });

  const { status } = await cacheUrl([`file://${folder.path}/source`, `${folder.path}/file`]);

  expect(status).toBe(0);
  expect(await readFile(`${folder.path}/file`, 'utf8')).toBe('local');
});

test('keeps the old copy when the new one cannot be read', async () => {
  await using folder = await folderTree({ file: 'old' });

  const { status, stderr } = await cacheUrl([`file://${folder.path}/missing`, `${folder.path}/file`]);

  expect(status).toBe(1);
  expect(stderr).toContain('could not be downloaded');
  expect(await readFile(`${folder.path}/file`, 'utf8')).toBe('old');
});

test('tells how it is used when an argument is missing', async () => {
  const { status, stderr } = await cacheUrl(['http://127.0.0.1/']);

  expect(status).toBe(1);
  expect(stderr).toContain('usage: cache-url [-f] URL DESTINATION');
});

async function cacheUrl(args: readonly string[]): Promise<RunResult> {
  return await runForStatus(CACHE_URL, args, { env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } });
}

interface LoopbackServer extends AsyncDisposable {
  readonly url: string;
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<LoopbackServer> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const { port } =
    address !== null && typeof address === 'object' ? address : ({ port: 0 } satisfies Partial<AddressInfo>);
  return {
    url: `http://127.0.0.1:${port}/file`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
