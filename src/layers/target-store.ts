import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../model/errno.ts';
import type { MeasuredBytes } from '../model/target-image.ts';
import type { LayerKey } from './key.ts';
import { putInPlace, readJson } from './store-file.ts';

/** What is known of the file of a target image. */
export interface TargetFacts {
  readonly raw: MeasuredBytes;
  readonly file: MeasuredBytes;
}

/** A kept file of a target image. */
export interface KeptTarget extends TargetFacts {
  /** Absolute path. */
  readonly path: string;
}

/** Written last; the length is where `evictArtifacts` looks for it. */
interface TargetIndex extends TargetFacts {
  readonly size: number;
  /** Nanoseconds, as text: they do not fit a number. */
  readonly changedAt: string;
}

/** Files of target images by the key of everything they are made from, so that another environment with the same ones copies them. */
export class TargetStore {
  readonly #folder: string;

  /** @param folder absolute path; made when something is kept */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is kept of a key and still as it was written. */
  async find(key: LayerKey): Promise<KeptTarget | undefined> {
    const path = join(this.#folder, key, 'image');
    const index = readJson<readonly TargetIndex[]>(join(this.#folder, key, 'index.json'));
    const [entry] = index ?? [];
    const facts = await stat(path, { bigint: true }).catch(() => undefined);
    if (entry === undefined || facts?.size !== BigInt(entry.size)) return undefined;
    return String(facts.mtimeNs) === entry.changedAt ? { path, raw: entry.raw, file: entry.file } : undefined;
  }

  /** Keeps a file: as a further name of it, or on another filesystem as a copy. */
  async keep(key: LayerKey, path: string, { raw, file }: TargetFacts): Promise<void> {
    const folder = join(this.#folder, key);
    const made = `${folder}.${randomUUID()}`;
    await mkdir(made, { recursive: true });
    const kept = join(made, 'image');
    await link(path, kept).catch(async (error: unknown) => {
      if (!isErrno(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP')) throw error;
      await copyFile(path, kept);
    });
    const facts = await stat(kept, { bigint: true });
    const index: TargetIndex = { raw, file, size: Number(facts.size), changedAt: String(facts.mtimeNs) };
    await writeFile(join(made, 'index.json'), JSON.stringify([index]));
    // A build beside this one may be copying what another one has kept meanwhile.
    if ((await this.find(key)) === undefined) await putInPlace(made, folder);
    else await rm(made, { recursive: true });
  }
}
