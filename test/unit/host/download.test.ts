import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Downloader, type DownloaderOptions, openDownloader } from '../../../src/host/download.ts';
import { type FileServer, serveFolder } from '../../support/file-server.ts';
import { folderTree } from '../../support/folder-tree.ts';

const CONTENT = `${'x'.repeat(200_000)}end`;
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');

interface Rig extends AsyncDisposable {
  readonly server: FileServer;
  readonly downloader: Downloader;
  readonly folder: string;
  readonly target: string;
}

async function rig(options: Partial<DownloaderOptions> = {}, server: { hasTags?: boolean } = {}): Promise<Rig> {
  const stack = new AsyncDisposableStack();
  const tree = stack.use(await folderTree({ 'www/file': CONTENT, 'www/other': 'other', 'got/': '' }));
  const files = stack.use(await serveFolder(join(tree.path, 'www'), server));
  const downloader = stack.use(await openDownloader({ env: {}, backoffMs: 1, ...options }));
  const folder = join(tree.path, 'got');
  return {
    server: files,
    downloader,
    folder,
    target: join(folder, 'file'),
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}

test('writes the file and reports its bytes', async () => {
  await using it = await rig();
  let bytes = 0;

  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target, sha256: SHA256 }, (count) => {
    bytes += count;
  });

  expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
  expect(bytes).toBe(CONTENT.length);
});

test('tries again after a fault of the server', async () => {
  await using it = await rig();
  it.server.fail('/file', { kind: 'status', status: 503 }, { kind: 'status', status: 429 });

  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target });

  expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
  expect(it.server.requests).toHaveLength(3);
});

test('does not ask again for what is not there, and leaves nothing behind', async () => {
  await using it = await rig();

  const fetched = it.downloader.fetchFile({ url: `${it.server.url}/missing`, target: it.target });

  await expect(fetched).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining('404 Not Found'),
  });
  expect(it.server.requests).toHaveLength(1);
  expect(await readdir(it.folder)).toEqual([]);
});

test('gives up after the last attempt and says how many there were', async () => {
  await using it = await rig({ attempts: 3 });
  it.server.fail('/file', ...Array.from({ length: 9 }, () => ({ kind: 'status', status: 500 }) as const));

  const fetched = it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target });

  await expect(fetched).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining('after 3 attempts'),
  });
  expect(it.server.requests).toHaveLength(3);
});

test('asks for the rest of the same version after a broken transfer', async () => {
  await using it = await rig();
  it.server.fail('/file', { kind: 'cut', afterBytes: 70_000 });
  let bytes = 0;

  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target, sha256: SHA256 }, (count) => {
    bytes += count;
  });

  expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
  expect(bytes).toBe(CONTENT.length);
  const rest = it.server.requests[1]?.headers;
  expect(rest?.range).toMatch(/^bytes=[1-9]\d*-$/);
  expect(rest?.['if-range']).toMatch(/^"/);
});

test('goes on after a reset of the connection', async () => {
  await using it = await rig();
  it.server.fail('/file', { kind: 'reset', afterBytes: 70_000 });

  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target, sha256: SHA256 });

  expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
  expect(it.server.requests).toHaveLength(2);
});

test.each([{ kind: 'truncate', afterBytes: 70_000 }, { kind: 'corrupt' }] as const)(
  'takes no file of a server that answers with the fault $kind',
  async (fault) => {
    await using it = await rig();
    it.server.keepFailing('/file', fault);
    const file = { url: `${it.server.url}/file`, target: it.target, sha256: SHA256 };

    await expect(it.downloader.fetchFile(file)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });

    expect(await readdir(it.folder)).toEqual([]);
    it.server.mend();
    await it.downloader.fetchFile(file);
    expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
  },
);

test('starts over when the file changed in the meantime', async () => {
  await using it = await rig();
  it.server.fail('/file', { kind: 'cut', afterBytes: 70_000 }, { kind: 'replace', content: 'a new version' });

  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target });

  expect(await readFile(it.target, 'utf8')).toBe('a new version');
});

test('asks for the rest without a version only when a digest will prove the whole', async () => {
  await using it = await rig({}, { hasTags: false });
  it.server.fail('/file', { kind: 'cut', afterBytes: 70_000 });
  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target, sha256: SHA256 });
  it.server.fail('/file', { kind: 'cut', afterBytes: 70_000 });
  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: `${it.target}2` });

  const ranges = it.server.requests.map((request) => request.headers.range !== undefined);
  expect(ranges).toEqual([false, true, false, false]);
  expect(await readFile(`${it.target}2`, 'utf8')).toBe(CONTENT);
});

test('fetches a file again that arrived with another digest', async () => {
  await using it = await rig();
  it.server.fail('/file', { kind: 'corrupt' }, { kind: 'replace', content: 'evil' });

  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target, sha256: SHA256 });

  expect(it.server.requests).toHaveLength(3);
  expect(await readdir(it.folder)).toEqual([basename(it.target)]);
});

test('refuses a file that always has another digest and leaves nothing behind', async () => {
  await using it = await rig();
  it.server.keepFailing('/file', { kind: 'replace', content: 'evil' });

  const fetched = it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target, sha256: SHA256 });

  await expect(fetched).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', message: expect.stringContaining(SHA256) });
  expect(await readdir(it.folder)).toEqual([]);
});

test('sends the credentials of an address and never shows them', async () => {
  await using it = await rig();
  const url = `${it.server.url.replace('http://', 'http://joe:s%40crit@')}/missing?token=hidden`;

  const error = await it.downloader.fetchFile({ url, target: it.target }).catch((thrown: unknown) => thrown);

  expect(it.server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('joe:s@crit').toString('base64')}`);
  expect(String(error)).toContain('/missing could not be fetched');
  expect(String(error)).not.toMatch(/joe|crit|hidden/);
});

test('goes through the proxy of the environment, except for no_proxy', async () => {
  await using proxy = await rig();
  await using it = await rig({ env: { http_proxy: proxy.server.url, no_proxy: '127.0.0.1' } });

  await it.downloader.fetchFile({ url: `${it.server.url}/other`, target: it.target });
  await it.downloader.fetchFile({ url: 'http://mirror.invalid/file', target: it.target, sha256: SHA256 });

  expect(it.server.requests.map((request) => request.path)).toEqual(['/other']);
  expect(proxy.server.requests.map((request) => request.path)).toEqual(['/file']);
});

test('stops when it is told to', async () => {
  const stop = new AbortController();
  await using it = await rig({ signal: stop.signal });
  it.server.fail('/file', { kind: 'hang' });

  const fetched = it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target });
  stop.abort();

  await expect(fetched).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await readdir(it.folder)).toEqual([]);
});

test('fetches no more files at once than it may', async () => {
  await using it = await rig({ concurrency: 2 });

  const numbers = Array.from({ length: 9 }, (_, index) => index);
  await Promise.all(
    numbers.map((number) => it.downloader.fetchFile({ url: `${it.server.url}/file`, target: `${it.target}${number}` })),
  );

  expect(it.server.mostAtOnce).toBeLessThanOrEqual(2);
  expect(await readdir(it.folder)).toHaveLength(9);
});

test('copies files of this machine', async () => {
  await using it = await rig();
  await using tree = await folderTree({ 'a b': CONTENT });

  await it.downloader.fetchFile({ url: `file://${tree.path}/a%20b`, target: it.target, sha256: SHA256 });

  expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
});

test('refuses addresses of other kinds', async () => {
  await using it = await rig();

  const fetched = it.downloader.fetchFile({ url: 'gopher://old/file', target: it.target });

  await expect(fetched).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining('gopher://old/file'),
  });
});

test('tells a document that did not change from a new one and from none', async () => {
  await using it = await rig();

  const first = await it.downloader.fetchDocument(`${it.server.url}/other`);
  const known = first.kind === 'fetched' ? first.validators : undefined;
  const second = await it.downloader.fetchDocument(`${it.server.url}/other`, known);
  it.server.fail('/other', { kind: 'replace', content: 'new' });
  const third = await it.downloader.fetchDocument(`${it.server.url}/other`, known);
  const fourth = await it.downloader.fetchDocument(`${it.server.url}/missing`);

  expect(first).toMatchObject({ kind: 'fetched', content: Buffer.from('other') });
  expect(second).toEqual({ kind: 'unchanged' });
  expect(third).toMatchObject({ kind: 'fetched', content: Buffer.from('new') });
  expect(fourth).toEqual({ kind: 'missing' });
});

test('goes on with what an earlier call kept, and writes the whole file', async () => {
  await using it = await rig({ attempts: 1 });
  const file = { url: `${it.server.url}/file`, target: it.target, sha256: SHA256, partial: join(it.folder, 'partial') };
  it.server.fail('/file', { kind: 'cut', afterBytes: 150_000 });

  await expect(it.downloader.fetchFile(file)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  await it.downloader.fetchFile(file);

  expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
  expect(it.server.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d{4,5}-$/);
  expect(await readdir(it.folder)).toEqual(['file']);
});

test('fetches the whole file when what an earlier call kept is of another one', async () => {
  await using it = await rig();
  const partial = join(it.folder, 'partial');
  await writeFile(partial, 'nonsense');

  await it.downloader.fetchFile({ url: `${it.server.url}/file`, target: it.target, sha256: SHA256, partial });

  expect(await readFile(it.target, 'utf8')).toBe(CONTENT);
});

test('says which version of a file the server has without fetching it', async () => {
  await using it = await rig();

  await expect(it.downloader.fetchValidators(`${it.server.url}/file`)).resolves.toMatchObject({
    etag: expect.stringMatching(/^"[0-9a-f]{16}"$/),
  });
  await expect(it.downloader.fetchValidators(`${it.server.url}/missing`)).resolves.toBeUndefined();
  expect(it.server.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
});

test('writes nothing any more once it is closed, also not what had to wait for its turn', async () => {
  await using it = await rig({ attempts: 2 });
  it.server.keepFailing('/other', { kind: 'hang' });
  const fetched = Array.from({ length: 20 }, async (_, index) => {
    await it.downloader.fetchFile({ url: `${it.server.url}/other`, target: join(it.folder, `${index}`) });
  });
  const results = Promise.allSettled(fetched);
  await expect.poll(async () => await readdir(it.folder)).not.toEqual([]);

  await it.downloader[Symbol.asyncDispose]();

  const first = await Promise.race([results, setImmediate('still under way')]);
  expect(first).not.toBe('still under way');
  expect(await results).toContainEqual(
    expect.objectContaining({ reason: expect.objectContaining({ code: 'CANCELLED' }) }),
  );
  expect(await readdir(it.folder)).toEqual([]);
});

test('refuses a file of this machine that is not the expected one', async () => {
  await using it = await rig();
  const url = `file://${join(it.folder, '../www/file')}`;

  const fetched = it.downloader.fetchFile({ url, target: it.target, sha256: SHA256.replace(/^./, 'x') });

  await expect(fetched).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', message: expect.stringContaining(SHA256) });
  expect(await readdir(it.folder)).toEqual([]);
});
