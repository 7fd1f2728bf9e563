import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfPresent } from '../host/optional-file.ts';
import type { Element } from '../model/element.ts';
import type { Issue } from '../model/error.ts';
import { parseDefinition, schemaIssues } from '../yaml/definition-file.ts';
import { throwIssues } from './definition-issues.ts';

const Names = z.record(
  z.string(),
  z.union([z.string(), z.null()], { error: 'has to be the name of a package, or empty' }),
  {
    error: 'has to be a map from names to names of packages',
  },
);
const ByName = z.record(z.string(), Names, { error: 'has to be a map' });

/** A package map. Sections other than these four mean nothing. */
const PackageMapFile = z.looseObject(
  {
    release: z.record(z.string(), ByName, { error: 'has to be a map from distributions to releases' }).optional(),
    distro: ByName.optional(),
    family: ByName.optional(),
    default: Names.optional(),
  },
  { error: 'has to be a map with the sections release, distro, family and default' },
);

export type PackageMap = z.infer<typeof PackageMapFile>;

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  redhat: ['almalinux', 'fedora', 'rhel', 'centos', 'openeuler', 'rocky'],
  debian: ['debian', 'ubuntu'],
  suse: ['opensuse'],
  gentoo: ['gentoo'],
};

/** The family that a distribution belongs to in package maps; undefined for one that stands alone. */
function packageFamilyOf(distro: string): string | undefined {
  return Object.keys(FAMILIES).find((family) => FAMILIES[family]?.includes(distro));
}

/**
 * Reads the text of a package map.
 * @throws IngotError `DEFINITION_INVALID` with every fault and its place
 */
export function parsePackageMap(file: string, text: string): PackageMap {
  const { map, issues } = readPackageMapText(file, text);
  throwIssues('pkg-map', issues);
  return map;
}

/** Reads the package maps of elements for what is wrong with them. */
export async function readPackageMaps(elements: readonly Element[]): Promise<{ readonly issues: readonly Issue[] }> {
  const issues = elements.map(async ({ path }) => {
    const file = join(path, 'pkg-map');
    const text = readTextIfPresent(file);
    return text === undefined ? [] : readPackageMapText(file, text).issues;
  });
  return { issues: (await Promise.all(issues)).flat() };
}

/** Reads the text of a package map; what is wrong with it is part of the result. */
export function readPackageMapText(file: string, text: string): { map: PackageMap; issues: readonly Issue[] } {
  const definition = parseDefinition(file, text);
  if (definition.issues.length > 0) return { map: {}, issues: definition.issues };
  const parsed = PackageMapFile.safeParse(definition.value);
  return { map: parsed.data ?? {}, issues: parsed.success ? [] : schemaIssues(definition, parsed.error) };
}

export interface Distribution {
  /** `DISTRO_NAME`. */
  readonly distro: string;
  /** `DIB_RELEASE`. */
  readonly release?: string;
}

/** What a map says of a name: a translation, that nothing is needed here, or nothing at all. */
export type MappedName =
  | { readonly kind: 'mapped'; readonly name: string }
  | { readonly kind: 'not-needed' }
  | { readonly kind: 'unmapped' };

/** Looks a name up; the most specific section that has it counts: release, distro, family, default. */
export function mapPackage(map: PackageMap, name: string, { distro, release }: Distribution): MappedName {
  const family = packageFamilyOf(distro);
  const sections = [
    release === undefined ? undefined : map.release?.[distro]?.[majorRelease(release)],
    map.distro?.[distro],
    family === undefined ? undefined : map.family?.[family],
    map.default,
  ];
  const section = sections.find((names) => names !== undefined && Object.hasOwn(names, name));
  if (section === undefined) return { kind: 'unmapped' };
  const mapped = section[name];
  return mapped ? { kind: 'mapped', name: mapped } : { kind: 'not-needed' };
}

function majorRelease(release: string): string {
  return release === '8-stream' ? '8' : release;
}

/** Everything that a map says of a name, by section, such as `family debian`; empty where no package is needed. */
export function namesInMap(map: PackageMap, name: string): Readonly<Record<string, string>> {
  const sections: readonly (readonly [string, z.infer<typeof Names>])[] = [
    ...Object.entries(map.release ?? {}).flatMap(([distro, releases]) =>
      Object.entries(releases).map(([release, names]) => [`${distro} ${release}`, names] as const),
    ),
    ...Object.entries(map.distro ?? {}),
    ...Object.entries(map.family ?? {}).map(([family, names]) => [`family ${family}`, names] as const),
    ...(map.default === undefined ? [] : [['default', map.default] as const]),
  ];
  return Object.fromEntries(
    sections.flatMap(([section, names]) => (Object.hasOwn(names, name) ? [[section, names[name] ?? '']] : [])),
  );
}
