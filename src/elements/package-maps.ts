import { join } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import { resolveInTree } from '../host/tree-path.ts';
import type { Element } from '../model/element.ts';
import type { WantedPackage } from './package-installs.ts';
import { type Distribution, mapPackage, type PackageMap, parsePackageMap } from './pkg-map.ts';

/** Where the maps of an image are: in its tree, where elements may add to them, and in the elements themselves. */
export interface PackageMapSource {
  /** Chosen elements. */
  readonly elements: readonly Element[];
  /** Absolute path of the root tree; undefined before there is one. */
  readonly tree?: string;
}

/**
 * The package map of an element: `/usr/share/pkg-map/ELEMENT` of the tree, else the element's own.
 * @returns undefined when it has none
 * @throws IngotError `DEFINITION_INVALID` when it cannot be understood
 */
export async function readPackageMap(element: string, source: PackageMapSource): Promise<PackageMap | undefined> {
  const own = source.elements.find(({ name }) => name === element);
  const files = [
    ...(source.tree === undefined ? [] : [await resolveInTree(source.tree, `/usr/share/pkg-map/${element}`)]),
    ...(own === undefined ? [] : [join(own.path, 'pkg-map')]),
  ];
  for (const file of files) {
    const map = await readPackageMapFile(file);
    if (map !== undefined) return map;
  }
  return undefined;
}

/** The package map in a file of the host; undefined when there is no such file. Throws as `readPackageMap`. */
export async function readPackageMapFile(file: string): Promise<PackageMap | undefined> {
  const text = readTextIfPresent(file);
  return text === undefined ? undefined : parsePackageMap(file, text);
}

/**
 * What the distribution calls the wanted packages, in byte order and each once. A name that its element's map lacks stays as it is; a map
 * may give several names or none.
 */
export async function mapWantedPackages(
  wanted: readonly WantedPackage[],
  source: PackageMapSource,
  distribution: Distribution,
): Promise<readonly string[]> {
  const elements = [...new Set(wanted.map(([, element]) => element))];
  const maps = new Map(
    await Promise.all(elements.map(async (element) => [element, await readPackageMap(element, source)] as const)),
  );
  const names = wanted.flatMap(([name, element]) => {
    const mapped = mapPackage(maps.get(element) ?? {}, name, distribution);
    if (mapped.kind === 'unmapped') return [name];
    return mapped.kind === 'mapped' ? mapped.name.split(/\s+/).filter((word) => word !== '') : [];
  });
  return [...new Set(names)].sort();
}
