import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Downloader } from '../host/download.ts';
import { GIB } from '../model/bytes.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import { type PackageFacts, readPackageFacts } from './package-facts.ts';
import { writePlainDebs } from './plain-deb.ts';
import type { PackageFile } from './private-apt.ts';

/** Name of the sidecar that makes an entry valid; raised when its content changes. */
const FACTS_FILE = 'facts-1.json';

/** Package files that one xz process decompresses, and how many processes there are at most. */
const GROUP = 16;
const MOST_WRITERS = 4;

const PROGRESS_MS = 100;

/** What the store may hold, and how long a package is kept in any case: a build may be about to install it. */
const KEPT_BYTES = 10 * GIB;
const KEPT_MS = 24 * 60 * 60 * 1000;

/** A package in the store. */
export interface StoredPackage extends PackageFacts {
  /** Path below the store's folder, such as `3f…/bash_5.2.15-2+b2_amd64.deb`. */
  readonly path: string;
}

interface EntryFile {
  readonly facts: PackageFacts;
  /** Bytes of the plain file: a shorter one is what a crash left. */
  readonly size: number;
}

export interface FetchOptions {
  /** Opened only when something is missing. */
  readonly openDownloader: () => Promise<Downloader>;
  readonly isOffline: boolean;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal;
}

/** Where the plain package files are kept. */
export function packageStoreFolder(imageCache: string): string {
  return join(imageCache, 'ingot', 'packages');
}

/**
 * Makes sure that the store has the packages, and returns them in the order asked for. An entry is named by the SHA-256 of the package
 * file as the repository has it, which is checked before the file is written again with plain archives; it appears whole, by rename.
 * @throws IngotError `FETCH_FAILED`, `DIGEST_MISMATCH`, `OFFLINE_MISS`, `DISK_FULL`, `CANCELLED`
 */
export async function storePackages(
  files: readonly PackageFile[],
  imageCache: string,
  options: FetchOptions,
): Promise<readonly StoredPackage[]> {
  const folder = packageStoreFolder(imageCache);
  await mkdir(folder, { recursive: true });
  const held = files.map((file) => readEntry(folder, file));
  const missing = files.filter((_, index) => held[index] === undefined);
  if (missing.length === 0) return held.filter((entry) => entry !== undefined);
  if (options.isOffline) throw offlineMiss(missing);
  const added = await addPackages(missing, folder, options);
  return files.flatMap((file, index) => held[index] ?? added.get(file.sha256) ?? []);
}

function offlineMiss(missing: readonly PackageFile[]): IngotError {
  const names = missing.slice(0, 5).map((file) => file.fileName);
  const more = missing.length > names.length ? ` and ${missing.length - names.length} more` : '';
  return new IngotError(
    'OFFLINE_MISS',
    `The build is offline and these packages are not in the cache: ${names.join(', ')}${more}`,
    {
      hint: 'Build once with the network.',
    },
  );
}

async function addPackages(
  files: readonly PackageFile[],
  folder: string,
  options: FetchOptions,
): Promise<ReadonlyMap<string, StoredPackage>> {
  const aside = join(folder, `.new-${randomUUID()}`);
  await mkdir(aside);
  try {
    await using downloader = await options.openDownloader();
    const onBytes = progressOf(files, options.emit);
    const fetched: PackageFile[] = [];
    const added = new Map<string, StoredPackage>();
    let isFetching = true;
    const fetching = Promise.all(
      files.map(async (file) => {
        await downloader.fetchFile({ url: file.url, target: join(aside, file.sha256), sha256: file.sha256 }, onBytes);
        fetched.push(file);
      }),
    ).finally(() => {
      isFetching = false;
    });
    const rewriting = Array.from({ length: Math.min(availableParallelism(), MOST_WRITERS) }, async (_, writer) => {
      for (;;) {
        const group = fetched.splice(0, GROUP);
        if (group.length > 0)
          for (const one of await addGroup(group, folder, aside, writer, options.signal)) added.set(...one);
        else if (isFetching) await Promise.race([fetching.catch(() => {}), sleep(20)]);
        else return;
      }
    });
    const results = await Promise.allSettled([fetching, ...rewriting]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await evictPackages(folder, KEPT_BYTES, KEPT_MS);
    return added;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Says how much has arrived, but not more often than somebody can see. */
function progressOf(files: readonly PackageFile[], emit: EmitEvent): (count: number) => void {
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  let doneBytes = 0;
  let saidAt = 0;
  return (count) => {
    doneBytes += count;
    const now = performance.now();
    if (now - saidAt < PROGRESS_MS && doneBytes < totalBytes) return;
    saidAt = now;
    emit({
      kind: 'fetch-progress',
      subject: files.length === 1 ? '1 package' : `${files.length} packages`,
      doneBytes,
      totalBytes,
    });
  };
}

async function addGroup(
  files: readonly PackageFile[],
  folder: string,
  aside: string,
  writer: number,
  signal: AbortSignal | undefined,
): Promise<readonly [string, StoredPackage][]> {
  const parts = join(aside, `parts-${writer}`);
  await mkdir(parts, { recursive: true });
  const entries = files.map((file) => ({ file, entry: join(aside, `new-${file.sha256}`) }));
  for (const { entry } of entries) await mkdir(entry);
  const debs = entries.map(({ file, entry }) => ({
    source: join(aside, file.sha256),
    target: join(entry, file.fileName),
  }));
  await writePlainDebs(debs, parts, signal);
  return await Promise.all(
    entries.map(
      async ({ file, entry }): Promise<[string, StoredPackage]> => [file.sha256, await addEntry(folder, entry, file)],
    ),
  );
}

async function addEntry(folder: string, entry: string, file: PackageFile): Promise<StoredPackage> {
  const plain = join(entry, file.fileName);
  const facts = await readPackageFacts(plain);
  const content: EntryFile = { facts, size: (await stat(plain)).size };
  await writeFile(join(entry, FACTS_FILE), JSON.stringify(content));
  const stored = { ...facts, path: join(file.sha256, file.fileName) };
  return (await moveIntoPlace(entry, folder, file)) ?? stored;
}

/** @returns the entry that another build put there in the meantime, if there is one; a damaged one is replaced */
async function moveIntoPlace(entry: string, folder: string, file: PackageFile): Promise<StoredPackage | undefined> {
  const place = join(folder, file.sha256);
  for (;;) {
    try {
      await rename(entry, place);
      return undefined;
    } catch (error) {
      if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
      const other = readEntry(folder, file);
      if (other !== undefined) return other;
      await rename(place, `${entry}.old-${randomUUID()}`).catch((cause: unknown) => {
        if (!isErrno(cause, 'ENOENT')) throw cause;
      });
    }
  }
}

function readEntry(folder: string, file: PackageFile): StoredPackage | undefined {
  const entry = join(folder, file.sha256);
  try {
    const content: EntryFile = JSON.parse(readFileSync(join(entry, FACTS_FILE), 'utf8'));
    const name = readdirSync(entry).find((one) => one.endsWith('.deb'));
    if (name === undefined || statSync(join(entry, name)).size !== content.size) return undefined;
    const now = new Date();
    utimesSync(entry, now, now); // eviction starts with what was not used for long
    return { ...content.facts, path: join(file.sha256, name) };
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Removes the packages that were not used for longest, until the store holds no more than `limitBytes`.
 * @param keptMs packages used in so many last milliseconds stay, whatever they hold
 */
export async function evictPackages(folder: string, limitBytes: number, keptMs: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const entries = await Promise.all(names.map(async (name) => await entryUse(join(folder, name))));
  let total = entries.reduce((sum, { size }) => sum + size, 0);
  const oldest = entries.sort((one, other) => one.usedAt - other.usedAt);
  for (const { path, size, usedAt } of oldest) {
    if (total <= limitBytes || Date.now() - usedAt < keptMs) return;
    await rm(path, { recursive: true, force: true });
    total -= size;
  }
}

async function entryUse(path: string) {
  const usedAt = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
  const names = await readdir(path).catch(() => []);
  const sizes = names.map(async (name) => (await stat(join(path, name)).catch(() => undefined))?.size ?? 0);
  return { path, usedAt, size: (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) };
}
