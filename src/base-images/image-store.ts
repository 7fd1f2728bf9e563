import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { openDownloader } from '../host/download.ts';
import { publicUrl } from '../host/fetch-fault.ts';
import { isThere } from '../host/is-there.ts';
import { waitForLock } from '../host/lock.ts';
import { GIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { Environment } from '../model/request.ts';
import type { PublishedImage } from './find-image.ts';
import { localPath } from './published-files.ts';

/** What the folder may hold, and how long an image is kept in any case. */
const KEPT_BYTES = 20 * GIB;
const KEPT_MS = 24 * 60 * 60 * 1000;

const PROGRESS_MS = 100;

export interface StoreOptions {
  /** Absolute path of the folder where images are kept; made when missing. */
  readonly folder: string;
  readonly isOffline: boolean;
  /** For proxies. */
  readonly env: Environment;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes sure that an image is on this machine and is what its publisher says. It is fetched once, whoever asks; a download that ended
 * early goes on where it stopped.
 * @returns absolute path
 * @throws IngotError `FETCH_FAILED`, `DIGEST_MISMATCH`, `OFFLINE_MISS`, `DISK_FULL`, `CANCELLED`
 */
export async function storedImage(image: PublishedImage, options: StoreOptions): Promise<string> {
  const path = localPath(image.location);
  if (path !== undefined) return await checkedFile(path, image.sha256);
  const { folder, signal } = options;
  const target = join(folder, image.version);
  await mkdir(folder, { recursive: true });
  await using _ = await waitForLock(`${target}.lock`, signal);
  if (!isThere(target)) await fetchImage(image, target, options);
  const now = new Date();
  await utimes(target, now, now); // eviction starts with what was not used for long
  await evictImages(folder, KEPT_BYTES, KEPT_MS);
  return target;
}

async function fetchImage({ location, name, sha256 }: PublishedImage, target: string, options: StoreOptions) {
  if (options.isOffline)
    throw new IngotError('OFFLINE_MISS', `The build is offline and ${publicUrl(location)} is not in the cache`, {
      hint: 'Build once with the network, or name an image on this machine in DIB_LOCAL_IMAGE.',
    });
  await using downloader = await openDownloader(options);
  // A server that does not answer this may still send the image.
  const facts = await downloader.fetchValidators(location).catch(() => undefined);
  const onBytes = progressOf(name, facts?.size ?? 0, options.emit);
  await downloader.fetchFile({ url: location, target, sha256, partial: `${target}.part` }, onBytes);
}

/** Says how much has arrived, but not more often than somebody can see. */
function progressOf(subject: string, totalBytes: number, emit: EmitEvent): (count: number) => void {
  let doneBytes = 0;
  let saidAt = 0;
  return (count) => {
    doneBytes += count;
    const now = performance.now();
    if (totalBytes === 0 || (now - saidAt < PROGRESS_MS && doneBytes < totalBytes)) return;
    saidAt = now;
    emit({ kind: 'fetch-progress', subject, doneBytes, totalBytes });
  };
}

async function checkedFile(path: string, sha256: string | undefined): Promise<string> {
  if (sha256 === undefined) return path;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const got = hash.digest('hex');
  if (got === sha256) return path;
  throw new IngotError('DIGEST_MISMATCH', `${path} is not the expected file: its SHA-256 is ${got}, not ${sha256}`);
}

/**
 * Removes the images that were not used for longest, until the folder holds no more than `limitBytes`.
 * @param keptMs images used in so many last milliseconds stay, whatever they hold: a build may be about to read them
 */
export async function evictImages(folder: string, limitBytes: number, keptMs: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}(\.part)?$/.test(name));
  const files = await Promise.all(names.map(async (name) => await useOf(join(folder, name))));
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size, usedAt } of files.sort((one, other) => one.usedAt - other.usedAt)) {
    if (total <= limitBytes || Date.now() - usedAt < keptMs) return;
    await rm(path, { force: true });
    total -= size;
  }
}

async function useOf(path: string) {
  const facts = await stat(path).catch(() => undefined);
  return { path, size: facts?.size ?? 0, usedAt: facts?.mtimeMs ?? 0 };
}
