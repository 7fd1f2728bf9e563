import { readdir, readFile, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDownloader } from '../../../src/host/download.ts';
import { run } from '../../../src/host/process.ts';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { answerFetchPackages } from '../../../src/packages/package-requests.ts';
import {
  evictPackages,
  type FetchOptions,
  packageStoreFolder,
  storePackages,
} from '../../../src/packages/package-store.ts';
import type { PackageFile } from '../../../src/packages/private-apt.ts';
import { type AptRepository, aptRepository } from '../../support/apt-repository.ts';
import { folderTree } from '../../support/folder-tree.ts';

let repository: AptRepository;
let files: readonly PackageFile[];
beforeAll(async () => {
  const scripts = { preinst: '#!/bin/sh\n' };
  repository = await aptRepository([
    { name: 'a', fields: { 'Pre-Depends': 'b' }, scripts },
    { name: 'b', files: { 'usr/share/b': 'b' } },
  ]);
  const pool = join(repository.folder, 'pool');
  const described = (await readdir(pool)).sort().map(async (fileName) => {
    const { stdout } = await run('sha256sum', [join(pool, fileName)]);
    const { length: size } = await readFile(join(pool, fileName));
    return { url: `${repository.server.url}/pool/${fileName}`, fileName, size, sha256: stdout.slice(0, 64) };
  });
  files = await Promise.all(described);
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
});

function options(events: BuildEventBody[] = []): FetchOptions {
  return {
    openDownloader: async () => await openDownloader({ env: {}, backoffMs: 1 }),
    isOffline: false,
    emit: (event) => events.push(event),
  };
}

test('keeps packages and gives them back without asking again', async () => {
  await using cache = await folderTree();
  const events: BuildEventBody[] = [];

  const fetched = await storePackages(files, cache.path, options(events));
  const requests = repository.server.requests.length;
  const kept = await storePackages(files, cache.path, options());

  expect(kept).toEqual(fetched);
  expect(kept.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(repository.server.requests).toHaveLength(requests);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  expect(events.at(-1)).toEqual({ kind: 'fetch-progress', subject: '2 packages', doneBytes: total, totalBytes: total });
  const path = join(packageStoreFolder(cache.path), kept[1]?.path ?? '');
  expect((await run('dpkg-deb', ['--contents', path])).stdout).toContain('./usr/share/b');
});

test('refuses a package that is not what the index says, and keeps nothing of it', async () => {
  await using cache = await folderTree();
  repository.server.keepFailing('/pool/b_1.0_amd64.deb', { kind: 'replace', content: 'evil' });

  await expect(storePackages(files, cache.path, options())).rejects.toMatchObject({
    code: 'DIGEST_MISMATCH',
    message: expect.stringContaining('/pool/b_1.0_amd64.deb'),
  });
  repository.server.mend();
  const names = await readdir(packageStoreFolder(cache.path));
  expect(names.filter((name) => name !== files[0]?.sha256)).toEqual([]);
});

test('fetches a damaged entry again', async () => {
  await using cache = await folderTree();
  const [, stored] = await storePackages(files, cache.path, options());
  const path = join(packageStoreFolder(cache.path), stored?.path ?? '');
  await truncate(path, 100);

  await storePackages(files, cache.path, options());

  expect((await run('dpkg-deb', ['--contents', path])).stdout).toContain('./usr/share/b');
});

test('lets two builds fetch the same packages at the same time', async () => {
  await using cache = await folderTree();

  const both = await Promise.all([
    storePackages(files, cache.path, options()),
    storePackages(files, cache.path, options()),
  ]);

  expect(both[0]).toEqual(both[1]);
  expect((await readdir(packageStoreFolder(cache.path))).sort()).toEqual(files.map(({ sha256 }) => sha256).sort());
});

test('names what an offline build misses', async () => {
  await using cache = await folderTree();

  await expect(storePackages(files, cache.path, { ...options(), isOffline: true })).rejects.toMatchObject({
    code: 'OFFLINE_MISS',
    message: expect.stringContaining('a_1.0_amd64.deb, b_1.0_amd64.deb'),
  });
});

test('evicts what was not used for longest, and nothing that is in use', async () => {
  await using cache = await folderTree();
  await storePackages(files.slice(1), cache.path, options());
  await storePackages(files, cache.path, options());
  const folder = packageStoreFolder(cache.path);
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(folder, files[1]?.sha256 ?? ''), hourAgo, hourAgo);

  await evictPackages(folder, 0, 60_000);

  expect(await readdir(folder)).toEqual([files[0]?.sha256]);
});

const CONTEXT = { isOffline: false, declaredPackages: async () => [], emit: () => {} };

test('answers a hook with the batches to install', async () => {
  await using cache = await folderTree();
  const input = files
    .map(({ url, fileName, size, sha256 }) => `'${url}' ${fileName} ${size} SHA256:${sha256}\n`)
    .join('');

  const answer = await answerFetchPackages({ args: [], input, env: {} }, { ...CONTEXT, imageCache: cache.path });

  const [a, b] = files.map(({ sha256, fileName }) => `${sha256}/${fileName}\n`);
  expect(answer).toEqual({ status: 0, stdout: `${b}\n${a}`, stderr: '' });
});

test('leaves packages without a digest to apt', async () => {
  await using cache = await folderTree();
  const input = "'http://a.example/a.deb' a.deb 12 MD5Sum:0123\n";

  const answer = await answerFetchPackages({ args: [], input, env: {} }, { ...CONTEXT, imageCache: cache.path });

  expect(answer).toMatchObject({ status: 3, stderr: expect.stringContaining('without their SHA-256 digests') });
});
