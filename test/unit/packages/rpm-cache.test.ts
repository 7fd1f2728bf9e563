import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evictRpms, openRpmCache } from '../../../src/packages/rpm-cache.ts';
import { folderTree } from '../../support/folder-tree.ts';

test('gives the kept folder to one build at a time, without the locks of a killed one', async () => {
  await using place = await folderTree({ 'kept/metadata_lock.pid': '7', 'kept/all.solv': 'x' });
  const options = { kept: join(place.path, 'kept'), own: join(place.path, 'own'), isOffline: false };

  const first = await openRpmCache(options);
  const beside = await openRpmCache(options);
  const names = await readdir(first.folder);
  await first[Symbol.asyncDispose]();
  const next = await openRpmCache(options);

  expect(first.folder).toBe(options.kept);
  expect(beside.folder).toBe(options.own);
  expect(next.folder).toBe(options.kept);
  expect(names.sort()).toEqual(['all.solv', 'in-use']);
  await beside[Symbol.asyncDispose]();
  expect(await readdir(place.path)).toEqual(['kept']);
  await next[Symbol.asyncDispose]();
});

test('an offline build waits for the kept folder', async () => {
  await using place = await folderTree();
  const options = { kept: join(place.path, 'kept'), own: join(place.path, 'own'), isOffline: true };
  const first = await openRpmCache(options);

  const waiting = openRpmCache(options);
  await first[Symbol.asyncDispose]();
  await using next = await waiting;

  expect(next.folder).toBe(options.kept);
});

test('removes the oldest packages until the rest fits, and nothing else', async () => {
  await using place = await folderTree({
    'all-1/packages/old.rpm': '12345',
    'all-1/packages/new.rpm': '12345',
    'all-1/repodata/primary.xml': '1234567890',
  });
  await utimes(join(place.path, 'all-1/packages/old.rpm'), 1, 1);

  await evictRpms(place.path, 5);

  expect(await readdir(join(place.path, 'all-1/packages'))).toEqual(['new.rpm']);
  expect(await readdir(join(place.path, 'all-1/repodata'))).toEqual(['primary.xml']);
});
