import { mkdir, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type RunResult, runForStatus } from '../../src/host/process.ts';
import { type BuildCall, hook, said, type Workshop, workshop } from '../support/cli.ts';

const ON_SMALL_DISK = fileURLToPath(new URL('../support/on-small-disk', import.meta.url));

/** Builds in a mount namespace in which a folder of the workshop is a small disk. */
async function buildOn(shop: Workshop, folder: string, size: string, call: BuildCall): Promise<RunResult> {
  await mkdir(shop.at(folder));
  const small = ['--mount', '--propagation', 'private', ON_SMALL_DISK, shop.at(folder), size];
  return await runForStatus('unshare', [...small, ...shop.buildWords(call)], {
    env: shop.environment(call),
    cwd: shop.at('work'),
  });
}

const GROWS = { 'grows/install.d/50-grow': hook('head -c 40000000 /dev/urandom >/opt-data') };

test('a full disk for the image is named with the space that is needed, and no half image stays', async () => {
  await using shop = await workshop(GROWS);
  const before = await shop.hostState();

  const result = await buildOn(shop, 'small', '20m', { elements: ['grows'], options: ['-o', shop.at('small/image')] });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('DISK_FULL');
  expect(said(result)).toMatch(/small.*(needs|space)/);
  expect(await shop.hostState()).toEqual(before);
  expect(await shop.leftovers()).toEqual([]);
});

test('a full disk for the layers is named as such when a hook fails of it', async () => {
  await using shop = await workshop(GROWS);
  const before = await shop.hostState();

  const result = await buildOn(shop, 'small', '30m', {
    elements: ['grows'],
    env: { DIB_IMAGE_CACHE: shop.at('small'), DIB_NO_TMPFS: '1' },
  });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('DISK_FULL');
  expect(said(result)).toContain(`there is no space left below ${shop.at('small')}`);
  expect(said(result)).toContain('install.d/50-grow');
  expect(await shop.hostState()).toEqual(before);
  expect(await readdir(shop.at('tmp'))).toEqual([]);
});

test('a cache that is full from the first byte on is named before any hook runs', async () => {
  await using shop = await workshop({ ...GROWS, 'grows/root.d/00-say': hook('echo "RAN root.d"') });

  const result = await buildOn(shop, 'small', '4k', {
    elements: ['grows'],
    env: { DIB_IMAGE_CACHE: shop.at('small') },
  });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('DISK_FULL');
  expect(said(result)).not.toContain('RAN root.d');
});

test('a disk that is too full for layers built in memory is named', async () => {
  await using shop = await workshop(GROWS);
  const before = await shop.hostState();

  const result = await buildOn(shop, 'small', '30m', {
    elements: ['grows'],
    env: { DIB_IMAGE_CACHE: shop.at('small'), DIB_MIN_TMPFS: '0.1' },
  });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('DISK_FULL');
  expect(said(result)).toMatch(new RegExp(`[Tt]here is no space left below ${shop.at('small')}`));
  expect(await shop.hostState()).toEqual(before);
  expect(await readdir(shop.at('tmp'))).toEqual([]);
});
