import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/host/process.ts';
import { isErrno } from '../../src/model/errno.ts';
import { type BatchName, ELEMENT_COVERAGE, type Fact } from './element-coverage.ts';

/** An element of a batch, with what is to be found of it. */
export interface BatchElement {
  readonly name: string;
  readonly facts: readonly Fact[];
}

/** The elements of a batch, in the order of their names. */
export function elementsOf(batch: BatchName): readonly BatchElement[] {
  return Object.entries(ELEMENT_COVERAGE)
    .flatMap(([name, coverage]) =>
      'batch' in coverage && coverage.batch === batch ? [{ name, facts: coverage.facts }] : [],
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where the places of a batch's facts are. */
export interface BuiltBatch {
  /** Path of the image without its extension. */
  readonly image: string;
  /** Folder with the tree. */
  readonly tree: string;
  /** Folder with the unpacked ramdisk, where one was built. */
  readonly ramdisk?: string;
}

/** Unpacks those files of a tar archive that the facts of a batch are about. */
export async function unpackPlaces(batch: BatchName, archive: string, folder: string): Promise<void> {
  const places = elementsOf(batch).flatMap(({ facts }) => facts.map(([place]) => place));
  const members = [...new Set(places.filter((place) => !place.includes(':')))].map((place) => `./${place}`);
  // A place that is not in the archive is "absent".
  await run('tar', ['--extract', '--file', archive, '--directory', folder, ...members], { okStatuses: [0, 2] });
}

/** What there is at each place of an element's facts, beside what there has to be. */
export async function lookAt(
  facts: readonly Fact[],
  batch: BuiltBatch,
): Promise<readonly (readonly [string, string, RegExp])[]> {
  return await Promise.all(
    facts.map(async ([place, expected]) => [place, await contentOf(pathOf(place, batch)), expected] as const),
  );
}

function pathOf(place: string, { image, tree, ramdisk = '' }: BuiltBatch): string {
  const [kind, rest] = place.split(':', 2);
  if (rest === undefined) return join(tree, place);
  return kind === 'beside' ? `${image}.${rest}` : join(ramdisk, rest);
}

async function contentOf(path: string): Promise<string> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return `-> ${await readlink(path)}`;
    return stats.isDirectory() ? 'folder' : await readFile(path, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 'absent';
    throw error;
  }
}
