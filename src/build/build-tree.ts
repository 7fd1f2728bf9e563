import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mountOverlay, mountsAtOrBelow, moveMount, unmountTree } from '../host/mounts.ts';
import type { LayerKey } from '../layers/key.ts';
import type { Layer, LayerStore, Scratch, StepRecord } from '../layers/store.ts';
import { PHASE_NAMES } from '../model/phase.ts';

export interface BuildTreeOptions {
  readonly store: LayerStore;
  /** `TMP_BUILD_DIR`: where the tree appears. */
  readonly folder: string;
  /** Lowest folder, made anew by each build: the merged hooks and an empty root tree. */
  readonly base: string;
  /** Folder to show at `hooks/.ingot`; it never enters a layer. */
  readonly channel: string;
  readonly isUserNamespace: boolean;
}

/**
 * The build folder as a stack of layers: the root tree in `mnt` and the merged hooks in `hooks`. While it is open, an overlay is mounted
 * at `folder` and a step can write; committing turns what was written into the next layer.
 */
export class BuildTree implements AsyncDisposable {
  readonly #options: BuildTreeOptions;
  readonly #links: string;
  #layers: Layer[] = [];
  #stash: { readonly point: string; readonly place: string }[] = [];
  #scratch: Scratch | undefined;
  /** What is mounted lacks layers that were restored since. */
  #isStale = false;
  #claimed: readonly string[] = [];
  /** Number of lower folders that have their link. */
  #linked = 0;

  constructor(options: BuildTreeOptions) {
    this.#options = options;
    this.#links = join(options.store.scratchFolder, 'l');
  }

  /** The root tree; there is something to see only while the build tree is open. */
  get root(): string {
    return join(this.#options.folder, 'mnt');
  }

  get hooks(): string {
    return join(this.#options.folder, 'hooks');
  }

  /** What the next step's key starts from. */
  get identity(): LayerKey | undefined {
    return this.#layers.at(-1)?.identity;
  }

  /** Puts a committed layer on top. */
  restore(layer: Layer): void {
    this.#layers.push(layer);
    this.#isStale ||= layer.tree !== undefined;
  }

  /** Mounts the tree for writing, unless it is open and has all layers. */
  async open(): Promise<void> {
    if (this.#scratch !== undefined) {
      if (!this.#isStale) return;
      await this.pause();
    }
    const { store, folder, channel, isUserNamespace } = this.#options;
    const scratch = store.scratch();
    const lowers = this.#linkFolders(scratch);
    await mountOverlay(
      {
        lowers,
        writable: { upper: 'upper', work: 'work' },
        target: folder,
        cwd: this.#links,
        isUserNamespace,
      },
      { source: channel, target: join(this.hooks, '.ingot') },
      join(scratch.folder, 'fstab'),
    );
    this.#scratch = scratch;
    this.#isStale = false;
    for (const { point, place } of this.#stash.toReversed()) await moveMount(place, point);
    this.#stash = [];
  }

  /** What is mounted in the tree now is no leftover of hooks: it stays until the tree is closed. */
  claimMounts(): void {
    this.#claimed = this.leftMounts();
  }

  /** Mount points that hooks left in the tree. */
  leftMounts(): readonly string[] {
    const own = [this.#options.folder, join(this.hooks, '.ingot'), ...this.#claimed];
    const channelBelow = `${own[1]}/`;
    const points = mountsAtOrBelow(this.#options.folder);
    return points.filter((point) => !own.includes(point) && !point.startsWith(channelBelow));
  }

  /** Hooks of elements that were changed or removed since the tree was opened, such as `install.d/10-foo`. */
  changedHooks(): readonly string[] {
    const upper = join(this.#scratch?.upper ?? '', 'hooks');
    const written = PHASE_NAMES.filter((phase) => existsSync(join(upper, phase)));
    return written.flatMap((phase) => {
      const given = join(this.#options.base, 'hooks', phase);
      return namesIn(join(upper, phase))
        .filter((name) => namesIn(given).includes(name))
        .map((name) => `${phase}/${name}`);
    });
  }

  /** Unmounts what hooks left mounted in the tree, for good; also while the tree is closed. */
  async dropLeftMounts(): Promise<void> {
    for (const { place } of this.#stash) await unmountTree(place);
    this.#stash = [];
    for (const point of [...this.leftMounts()].reverse()) await unmountTree(point);
  }

  /**
   * Makes what was written the layer of `key`, and closes the tree if anything was. Mounts that hooks made are kept for the next step.
   */
  async commit(key: LayerKey, record: StepRecord): Promise<void> {
    const scratch = this.#scratch;
    if (scratch === undefined) throw new Error('The build tree is not open');
    // Most steps write nothing, and then the next one can go on in the same mount.
    if (readdirSync(scratch.upper).length > 0) await this.pause();
    this.#layers.push(await this.#options.store.commit(key, scratch, record));
  }

  /** Closes the tree without a layer: what was written is given up. Mounts that hooks made are kept for the next step. */
  async pause(): Promise<void> {
    await this.#stashMounts();
    await this.close();
  }

  /** Unmounts the tree with every mount in it; what was written since it was opened is given up. */
  async close(): Promise<void> {
    await unmountTree(this.#options.folder);
    this.#scratch = undefined;
    this.#claimed = [];
  }

  /** Unmounts everything. Until then nothing may be removed where the tree or the kept mounts are: it could be a folder of the host. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.dropLeftMounts();
  }

  /**
   * Links with short names stand for the folders of the overlay, because the kernel takes one page of mount options, in which commas and
   * colons separate.
   * @returns names of the lower folders, the uppermost first
   */
  #linkFolders({ upper, work }: Scratch): string[] {
    mkdirSync(this.#links, { recursive: true });
    for (const [name, folder] of Object.entries({ upper, work })) {
      rmSync(join(this.#links, name), { force: true });
      symlinkSync(folder, join(this.#links, name));
    }
    const trees = [this.#options.base, ...this.#layers.flatMap((layer) => layer.tree ?? [])];
    const names = trees.map((_, index) => index.toString(36));
    for (; this.#linked < trees.length; this.#linked += 1)
      symlinkSync(trees[this.#linked] ?? '', join(this.#links, names[this.#linked] ?? ''));
    return names.reverse();
  }

  async #stashMounts(): Promise<void> {
    const left = this.leftMounts();
    // A mount takes those below it along.
    for (const point of left.filter((one) => !left.some((above) => one.startsWith(`${above}/`)))) {
      const place = join(dirname(this.#links), 'mounts', String(this.#stash.length));
      if ((await stat(point)).isDirectory()) {
        await mkdir(place, { recursive: true });
      } else {
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, '');
      }
      await moveMount(point, place);
      this.#stash.push({ point, place });
    }
  }
}

/** Names in a folder; none where a step has put something else in its place. */
function namesIn(folder: string): readonly string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
