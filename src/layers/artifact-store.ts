import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '../host/lock.ts';
import type { Artifact, ImageFormat } from '../model/artifact.ts';
import { isErrno } from '../model/errno.ts';
import type { LayerKey } from './key.ts';
import { ignoreMissing, putInPlace } from './store-file.ts';

/** Paths of kept image files by format. */
export type KeptImages = Readonly<Partial<Record<ImageFormat, string>>>;

interface KeptFile {
  readonly format: ImageFormat;
  readonly size: number;
  /** Nanoseconds, as text: they do not fit a number. */
  readonly changedAt: string;
}

/**
 * Finished image files by the key of everything they are made from. They are kept as further names (hard links) of the files that were
 * handed out, so keeping costs nothing; a file that its user has changed since, as a running machine does, is not believed any more.
 */
export class ArtifactStore {
  readonly #folder: string;

  /** @param folder absolute path; made when something is kept */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is kept of a key and still as it was written. */
  async find(key: LayerKey): Promise<KeptImages> {
    const index = await readIndex(join(this.#folder, key));
    const kept: Partial<Record<ImageFormat, string>> = {};
    for (const { format, size, changedAt } of index) {
      const path = join(this.#folder, key, format);
      const facts = await stat(path, { bigint: true }).catch(() => undefined);
      if (facts?.size === BigInt(size) && facts.mtimeNs === BigInt(changedAt)) kept[format] = path;
    }
    return kept;
  }

  /** Keeps image files. Files on another filesystem than the store's are left out. */
  async keep(key: LayerKey, artifacts: readonly Artifact[]): Promise<void> {
    const folder = join(this.#folder, key);
    const made = `${folder}.${randomUUID()}`;
    await mkdir(made, { recursive: true });
    const index: KeptFile[] = [];
    for (const { format, path } of artifacts) {
      if (!(await linkFile(path, join(made, format)))) continue;
      const facts = await stat(path, { bigint: true });
      index.push({ format, size: Number(facts.size), changedAt: String(facts.mtimeNs) });
    }
    await writeFile(join(made, 'index.json'), JSON.stringify(index));
    await putInPlace(made, folder);
  }
}

/** After this time a folder that has no name of its own yet is one of a build that was killed, in ms. */
const UNFINISHED_MS = 60 * 60 * 1000;

/**
 * Forgets the least recently written images until the store is within a limit.
 * @param limitBytes bytes on disk
 */
export async function evictArtifacts(folder: string, limitBytes: number): Promise<void> {
  await using lock = await tryLock(`${folder}.lock`, 'exclusive');
  if (lock === undefined) return;
  const entries = [];
  for (const key of await readdir(folder).catch(() => [])) {
    const facts = await stat(join(folder, key)).catch(ignoreMissing);
    if (facts === undefined) continue;
    if (key.includes('.')) {
      if (Date.now() - facts.mtimeMs > UNFINISHED_MS) await rm(join(folder, key), { recursive: true, force: true });
      continue;
    }
    const sizes = (await readIndex(join(folder, key))).map((file) => file.size);
    entries.push({
      key,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      usedAt: facts.mtimeMs,
    });
  }
  entries.sort((a, b) => a.usedAt - b.usedAt);
  let total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  for (const { key, bytes } of entries) {
    if (total <= limitBytes) break;
    await rm(join(folder, key), { recursive: true, force: true });
    total -= bytes;
  }
}

async function linkFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP')) return false;
    throw error;
  }
}

async function readIndex(folder: string): Promise<readonly KeptFile[]> {
  try {
    return JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
