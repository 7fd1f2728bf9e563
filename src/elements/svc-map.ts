import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { readTextIfPresent } from '../host/optional-file.ts';
import type { Element } from '../model/element.ts';
import type { Issue, SourcePlace } from '../model/error.ts';
import { parseDefinition, schemaIssues } from '../yaml/definition-file.ts';
import { throwIssues } from './definition-issues.ts';
import { compareBytes } from './run-parts.ts';

const ServiceMapFile = z.record(
  z.string(),
  z.record(z.string(), z.string({ error: 'has to be the name of a service' }), {
    error: 'has to be a map from distributions, families or "default" to the name of a service',
  }),
  { error: 'has to be a map from services to their names' },
);
type ServiceMapFile = z.infer<typeof ServiceMapFile>;

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  redhat: ['centos', 'fedora', 'rhel'],
  debian: ['debian', 'ubuntu'],
  suse: ['opensuse'],
};

/** The service map of an element. */
interface ReadMap {
  readonly element: string;
  readonly map: ServiceMapFile;
  readonly placeOf: (service: string) => SourcePlace;
}

/**
 * What the distribution calls each service that an element's `svc-map` lists.
 * @param distro `DISTRO_NAME`; without one only families' defaults count
 * @throws IngotError `DEFINITION_INVALID` for a file that cannot be understood and for a service that two elements list
 */
export async function mergeServiceMaps(
  elements: readonly Element[],
  distro: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const { maps, issues } = await readServiceMaps(elements);
  throwIssues('svc-map', issues);
  const names = maps.flatMap(({ map }) =>
    Object.entries(map).map(([service, choices]): [string, string] => [service, chooseName(service, choices, distro)]),
  );
  return Object.fromEntries(names.sort(([one], [other]) => compareBytes(one, other)));
}

/** The text of `/usr/share/svc-map/services`: YAML, one line for each service. */
export function serviceMapText(names: Readonly<Record<string, string>>): string {
  return stringify(names, { lineWidth: 0 });
}

/** The reverse of `serviceMapText`, for a map that an element may have changed. */
export function parseServices(file: string, text: string): Readonly<Record<string, string>> {
  const definition = parseDefinition(file, text);
  throwIssues('svc-map', definition.issues);
  const parsed = z.record(z.string(), z.string()).safeParse(definition.value ?? {});
  if (parsed.success) return parsed.data;
  throwIssues('svc-map', schemaIssues(definition, parsed.error));
  return {};
}

function chooseName(service: string, choices: Readonly<Record<string, string>>, distro = ''): string {
  const family = Object.keys(FAMILIES).find((name) => FAMILIES[name]?.includes(distro));
  return choices[distro] ?? (family === undefined ? undefined : choices[family]) ?? choices.default ?? service;
}

/** Reads the service maps of elements; what is wrong with them is part of the result. */
export async function readServiceMaps(
  elements: readonly Element[],
): Promise<{ readonly maps: readonly ReadMap[]; readonly issues: readonly Issue[] }> {
  const read = await Promise.all(elements.map(readServiceMap));
  const maps = read.flatMap(({ map }) => map);
  return { maps, issues: [...read.flatMap(({ issues }) => issues), ...duplicateIssues(maps)] };
}

async function readServiceMap(element: Element): Promise<{ map: readonly ReadMap[]; issues: readonly Issue[] }> {
  const file = join(element.path, 'svc-map');
  const text = readTextIfPresent(file);
  if (text === undefined) return { map: [], issues: [] };
  const { map, placeOf, issues } = readServiceMapText(file, text);
  return { map: [{ element: element.name, map, placeOf }], issues };
}

/** Reads the text of a service map; what is wrong with it is part of the result. */
export function readServiceMapText(
  file: string,
  text: string,
): Omit<ReadMap, 'element'> & { readonly issues: readonly Issue[] } {
  const definition = parseDefinition(file, text);
  const placeOf = (service: string): SourcePlace => definition.placeOf([service]);
  if (definition.issues.length > 0) return { map: {}, placeOf, issues: definition.issues };
  const parsed = ServiceMapFile.safeParse(definition.value ?? {});
  return { map: parsed.data ?? {}, placeOf, issues: parsed.success ? [] : schemaIssues(definition, parsed.error) };
}

function duplicateIssues(maps: readonly ReadMap[]): readonly Issue[] {
  const owners = new Map<string, string>();
  return maps.flatMap(({ element, map, placeOf }) =>
    Object.keys(map).flatMap((service) => {
      const owner = owners.get(service);
      owners.set(service, owner ?? element);
      if (owner === undefined) return [];
      return [
        {
          message: `Service ${service} of element ${element} is already in the svc-map of ${owner}`,
          place: placeOf(service),
          hint: 'Leave it in one of the two.',
        },
      ];
    }),
  );
}
