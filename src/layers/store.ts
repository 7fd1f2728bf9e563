import { mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/is-there.ts';
import { type FileLock, tryLock } from '../host/lock.ts';
import { mountTmpfs, unmountTree } from '../host/mounts.ts';
import { makePrivateFolder } from '../host/private-folder.ts';
import { run } from '../host/process.ts';
import { isErrno } from '../model/errno.ts';
import { copyLayer } from './copy-layer.ts';
import { digestOf, explainDifference, type KeyFields, type LayerKey, layerKey } from './key.ts';
import { ignoreMissing, readJson } from './store-file.ts';
import { contentOf } from './tree-content.ts';

/** How long the layer of a hook that reaches the network itself is believed, in ms. */
const UNTRACKED_MS = 24 * 60 * 60 * 1000;

/** A committed state: what one step wrote on top of the layers before it. */
export interface Layer {
  readonly key: LayerKey;
  /** What the next step's key starts from: `key`, or for an untracked step one that also names this run of it. */
  readonly identity: LayerKey;
  /** Absolute path of the tree to mount; undefined where the step wrote nothing. */
  readonly tree?: string;
}

export type Lookup =
  | { readonly kind: 'hit'; readonly layer: Layer }
  | { readonly kind: 'miss'; readonly reason: string };

/** Folders for one step's overlay. */
export interface Scratch {
  readonly folder: string;
  readonly upper: string;
  readonly work: string;
}

/**
 * How long a step's layer may be believed: `tracked` as long as its key holds; `expires` after `UNTRACKED_MS`, for a step that reaches the
 * network itself; `always-runs` never, for a step that reads what no key can name. What follows the latter is keyed by what it wrote.
 */
export type Freshness = 'tracked' | 'expires' | 'always-runs';

export interface StepRecord {
  /** The step's name, stable from build to build. */
  readonly step: string;
  readonly fields: KeyFields;
  readonly freshness: Freshness;
}

/** What a step was known by when its layer was last written. */
interface StepFile {
  readonly fields: KeyFields;
  readonly freshness: Freshness;
}

interface LayerFile extends StepRecord {
  readonly isEmpty: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Boot of the machine in which it was written: until synced, a layer is believed in that boot only. */
  readonly bootId: string;
}

/**
 * The content-addressed store of tree states. A layer becomes visible by one rename, whole; two builds that make the same layer both
 * succeed, and the first one's is kept.
 */
export class LayerStore implements AsyncDisposable {
  readonly #folder: string;
  readonly #scratchFolder: string;
  /** This build's folder that is on the store's filesystem even when the scratch folder is in memory. */
  readonly #diskFolder: string;
  readonly #bootId: string;
  readonly #inUse: FileLock;
  /** Copies of layers from memory to disk, one after the other. */
  #saving: Promise<void> = Promise.resolve();
  #scratchCount = 0;
  #isMemoryScarce = false;

  private constructor(folder: string, buildId: string, bootId: string, inUse: FileLock) {
    this.#folder = folder;
    this.#scratchFolder = scratchFolderOf(folder, buildId);
    this.#diskFolder = diskFolderOf(folder, buildId);
    this.#bootId = bootId;
    this.#inUse = inUse;
  }

  /**
   * Opens a store and holds it against eviction until disposed.
   * @param buildId names this build's scratch folders, which are removed on disposal
   * @param usesMemory true to let steps write to a memory filesystem; their layers are copied to the disk while the build goes on
   */
  static async open(folder: string, buildId: string, usesMemory = false): Promise<LayerStore> {
    await makePrivateFolder(folder);
    await mkdir(join(folder, 'layers'), { recursive: true });
    await mkdir(join(folder, 'steps'), { recursive: true });
    await mkdir(diskFolderOf(folder, buildId), { recursive: true });
    await mkdir(scratchFolderOf(folder, buildId), { recursive: true });
    if (usesMemory) await mountTmpfs(scratchFolderOf(folder, buildId));
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    let inUse = await tryLock(join(folder, 'lock'), 'shared');
    while (inUse === undefined) {
      // Somebody is evicting, which takes a moment.
      await new Promise((resolve) => setTimeout(resolve, 50));
      inUse = await tryLock(join(folder, 'lock'), 'shared');
    }
    return new LayerStore(folder, buildId, bootId, inUse);
  }

  /** This build's own folder, on the store's filesystem or in memory; it is gone when the store is disposed. */
  get scratchFolder(): string {
    return this.#scratchFolder;
  }

  /** As `scratchFolder`, but never in memory: for what may be large. */
  get diskFolder(): string {
    return this.#diskFolder;
  }

  /** The layer of a key, or in words why there is none. A damaged layer is removed and counts as missing. */
  find(key: LayerKey, record: StepRecord, refreshes: boolean): Lookup {
    if (record.freshness === 'always-runs')
      return { kind: 'miss', reason: 'always runs: it reads or writes files of the caller' };
    const file = this.#readLayer(key);
    if (file === undefined) return { kind: 'miss', reason: this.#explain(record) };
    const age = Date.now() - file.createdAt;
    if (file.freshness === 'expires' && (refreshes || age > UNTRACKED_MS)) {
      this.remove(key);
      return {
        kind: 'miss',
        reason: refreshes ? 'reaches the network, refresh asked for' : 'reaches the network, older than a day',
      };
    }
    const now = new Date();
    utimesSync(join(this.#folder, 'layers', key, 'layer.json'), now, now);
    return { kind: 'hit', layer: this.#layerOf(key, file) };
  }

  /** New empty folders for a step's overlay. */
  scratch(): Scratch {
    this.#scratchCount += 1;
    this.#isMemoryScarce ||= isHalfFull(this.#scratchFolder);
    const parent = this.#isMemoryScarce ? this.#diskFolder : this.#scratchFolder;
    const folder = join(parent, String(this.#scratchCount));
    const scratch = { folder, upper: join(folder, 'upper'), work: join(folder, 'work') };
    mkdirSync(scratch.upper, { recursive: true });
    mkdirSync(scratch.work);
    return scratch;
  }

  /**
   * Turns what a step wrote into the layer of `key`. The scratch folders must not be mounted and are gone afterwards, unless nothing was
   * written: then they are left as they are.
   */
  async commit(plannedKey: LayerKey, scratch: Scratch, record: StepRecord): Promise<Layer> {
    const key =
      record.freshness === 'always-runs' ? layerKey(plannedKey, { wrote: await contentOf(scratch.upper) }) : plannedKey;
    const isEmpty = readdirSync(scratch.upper).length === 0;
    const made = isEmpty ? join(this.#diskFolder, `empty-${key}`) : join(scratch.folder, 'layer');
    mkdirSync(made);
    if (!isEmpty) renameSync(scratch.upper, join(made, 'tree'));
    const file: LayerFile = { ...record, isEmpty, createdAt: Date.now(), bootId: this.#bootId };
    writeFileSync(join(made, 'layer.json'), JSON.stringify(file));
    const place = this.#readLayer(key) === undefined ? this.#place(made, key) : 'taken';
    const stepFile: StepFile = { fields: record.fields, freshness: record.freshness };
    writeFileSync(this.#stepFile(record.step), JSON.stringify(stepFile));
    if (place === 'memory') return { ...this.#layerOf(key, file), tree: join(made, 'tree') };
    rmSync(isEmpty ? made : scratch.folder, { recursive: true, force: true });
    const kept = place === 'taken' ? this.#readLayer(key) : file;
    return this.#layerOf(key, kept ?? file);
  }

  /** Forgets a layer. */
  remove(key: LayerKey): void {
    const doomed = join(this.#diskFolder, `removed-${key}`);
    try {
      renameSync(join(this.#folder, 'layers', key), doomed);
    } catch (error) {
      ignoreMissing(error);
    }
    rmSync(doomed, { recursive: true, force: true });
  }

  /**
   * Lets layers outlive a crash of the machine. Those of the last minute are left to a later build: the kernel has not written them yet,
   * and nobody should wait for that.
   */
  async settle(): Promise<void> {
    const young = Date.now() - 60_000;
    const unsettled: string[] = [];
    for (const key of await readdir(join(this.#folder, 'layers'))) {
      const folder = join(this.#folder, 'layers', key);
      if (isThere(join(folder, 'durable'))) continue;
      const file = readJson<LayerFile>(join(folder, 'layer.json'));
      if (file?.bootId === this.#bootId && file.createdAt < young) unsettled.push(folder);
    }
    if (unsettled.length === 0) return;
    await run('sync', ['--file-system', this.#folder]);
    for (const folder of unsettled) await writeFile(join(folder, 'durable'), '').catch(ignoreMissing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#saving;
    } finally {
      await unmountTree(this.#scratchFolder);
      await rm(this.#scratchFolder, { recursive: true, force: true });
      await rm(this.#diskFolder, { recursive: true, force: true });
      await this.#inUse[Symbol.asyncDispose]();
    }
  }

  /**
   * Makes a finished layer visible. One that lies in memory is copied first, which goes on beside the next steps.
   * @returns `memory` for a layer that the build goes on using from there, `taken` when another build has just made the same one
   */
  #place(made: string, key: LayerKey): 'memory' | 'store' | 'taken' {
    const target = join(this.#folder, 'layers', key);
    const isInMemory = statSync(made).dev !== statSync(this.#diskFolder).dev;
    if (!isInMemory) return renameUnlessTaken(made, target) ? 'store' : 'taken';
    const copy = join(this.#diskFolder, `copy-${key}`);
    this.#saving = this.#saving.then(async () => {
      await copyLayer(made, copy);
      if (this.#readLayer(key) === undefined) renameUnlessTaken(copy, target);
    });
    this.#saving.catch(() => {}); // told on disposal
    return 'memory';
  }

  #layerOf(key: LayerKey, file: LayerFile): Layer {
    const identity = file.freshness === 'expires' ? layerKey(key, { createdAt: String(file.createdAt) }) : key;
    return file.isEmpty ? { key, identity } : { key, identity, tree: join(this.#folder, 'layers', key, 'tree') };
  }

  #stepFile(step: string): string {
    return join(this.#folder, 'steps', `${digestOf(step).slice(0, 32)}.json`);
  }

  #explain(record: StepRecord): string {
    const before = readJson<StepFile>(this.#stepFile(record.step));
    if (before?.fields === undefined) return 'not built before';
    const difference = explainDifference(before.fields, record.fields);
    if (difference !== undefined) return difference;
    return before.freshness === 'always-runs'
      ? 'left mounts or changed other hooks the last time, which no layer can hold'
      : 'an earlier step changed';
  }

  #readLayer(key: LayerKey): LayerFile | undefined {
    const folder = join(this.#folder, 'layers', key);
    const file = readJson<LayerFile>(join(folder, 'layer.json'));
    const isWhole = file !== undefined && (file.isEmpty || isThere(join(folder, 'tree')));
    if (isWhole && (file.bootId === this.#bootId || isThere(join(folder, 'durable')))) return file;
    if (isThere(folder)) this.remove(key);
    return undefined;
  }
}

/** Folders in which a build keeps its unfinished layers, for whoever has to clean up after it. */
export function buildFoldersOf(folder: string, buildId: string): readonly string[] {
  return [scratchFolderOf(folder, buildId), diskFolderOf(folder, buildId)];
}

function scratchFolderOf(folder: string, buildId: string): string {
  return join(folder, 'scratch', buildId);
}

function diskFolderOf(folder: string, buildId: string): string {
  return join(folder, 'incoming', buildId);
}

/** Gives a folder its name; false when there is one with something in it. */
function renameUnlessTaken(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

/** A step may write as much as there is at once; with half of it gone, the next ones had better use the disk. */
function isHalfFull(folder: string): boolean {
  const { blocks, bavail } = statfsSync(folder);
  return bavail < blocks / 2;
}
