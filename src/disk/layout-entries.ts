import type { Issue, SourcePlace } from '../model/error.ts';
import type { Placed, PlacedMap } from '../yaml/placed-yaml.ts';

/** The kinds of node that a block-device layout may have, and the keys of each. */
export const LAYOUT_KEYS = {
  local_loop: ['name', 'size', 'directory', 'block_size'],
  partitioning: ['base', 'name', 'label', 'align', 'partitions'],
  partition: ['base', 'name', 'size', 'flags', 'type'],
  lvm: ['base', 'name', 'pvs', 'vgs', 'lvs'],
  pv: ['base', 'name', 'options'],
  vg: ['base', 'name', 'options'],
  lv: ['base', 'name', 'size', 'extents', 'options', 'type', 'thin-pool'],
  mkfs: ['base', 'name', 'type', 'label', 'opts', 'uuid'],
  mount: ['base', 'name', 'mount_point'],
  fstab: ['base', 'name', 'options', 'dump-freq', 'fsck-passno'],
} as const satisfies Record<string, readonly string[]>;

export type LayoutKind = keyof typeof LAYOUT_KEYS;

/** Keys whose values are lists of nodes, by the kind that has them, and the kind of those nodes. */
const LISTS: Readonly<Partial<Record<LayoutKind, Readonly<Record<string, LayoutKind>>>>> = {
  partitioning: { partitions: 'partition' },
  lvm: { pvs: 'pv', vgs: 'vg', lvs: 'lv' },
};

const LISTED_KINDS: readonly string[] = Object.values(LISTS).flatMap((kinds) => Object.values(kinds));

/** One node of a layout, whether it was written nested or flat. */
export interface LayoutEntry {
  readonly kind: LayoutKind;
  readonly name: string;
  /** Name of the node that this one stands on; undefined where none was given. */
  readonly base: string | undefined;
  readonly values: ReadonlyMap<string, { readonly place: SourcePlace; readonly value: Placed }>;
  readonly place: SourcePlace;
}

/** Collects what is wrong with a layout while it is read. */
export interface LayoutFindings {
  readonly issues: Issue[];
  readonly warnings: Issue[];
  /** What only device-mapper and LVM's own programs could make. */
  readonly mapperNeeds: Issue[];
}

/**
 * Brings a layout into its flat form: every node with its name and base, in the order of the file. A nested node stands on the node around
 * it, and without a name is called `KIND_BASE`.
 */
export function flattenLayout(root: Placed, findings: LayoutFindings): readonly LayoutEntry[] {
  if (root.kind !== 'list' || root.items.length === 0) {
    const hint = 'Write a list whose first item is "local_loop:" with "name: image0".';
    findings.issues.push({ message: 'A layout is a list of nodes, each with one key', place: root.place, hint });
    return [];
  }
  const entries: LayoutEntry[] = [];
  for (const item of root.items) {
    const [only, ...more] = item.kind === 'map' ? item.entries : [];
    if (only === undefined || more.length > 0) {
      const hint = `Write "- KIND:" with KIND one of ${topKinds().join(', ')}, and indent what belongs to it.`;
      findings.issues.push({ message: 'A node of a layout is a map with one key', place: item.place, hint });
      continue;
    }
    const [kind, { place, value }] = only;
    if (isTopKind(kind)) addEntry(kind, value, undefined, place, entries, findings);
    else findings.issues.push(unknownKind(kind, place));
  }
  return entries;
}

function addEntry(
  kind: LayoutKind,
  value: Placed,
  parent: string | undefined,
  place: SourcePlace,
  entries: LayoutEntry[],
  findings: LayoutFindings,
): void {
  const map = asMap(value);
  if (map === undefined) {
    findings.issues.push({ message: `"${kind}" needs a map of settings`, place: value.place, hint: keysHint(kind) });
    return;
  }
  const base = textOf(map, 'base') ?? parent;
  const name = textOf(map, 'name') ?? `${kind}_${base ?? ''}`;
  entries.push({ kind, name, base, values: map.entries, place });
  for (const [key, entry] of map.entries) {
    const listed = LISTS[kind]?.[key];
    if (listed !== undefined) addItems(listed, key, entry.value, name, entries, findings);
    else if (isTopKind(key)) addEntry(key, entry.value, name, entry.place, entries, findings);
    else if (!LAYOUT_KEYS[kind].some((known) => known === key)) {
      const message = `"${key}" means nothing to "${kind}" and is left out`;
      findings.warnings.push({ message, place: entry.place, hint: keysHint(kind) });
    }
  }
}

function addItems(
  kind: LayoutKind,
  key: string,
  list: Placed,
  owner: string,
  entries: LayoutEntry[],
  findings: LayoutFindings,
): void {
  if (list.kind !== 'list') {
    const hint = 'Write each of them as an item: "- name: root", with its other settings below.';
    findings.issues.push({ message: `"${key}" is a list`, place: list.place, hint });
    return;
  }
  for (const item of list.items) {
    const map = asMap(item);
    if (map !== undefined && textOf(map, 'name') !== undefined) {
      const settings = kind === 'partition' ? { ...map, entries: withBase(map, owner) } : map;
      addEntry(kind, settings, undefined, item.place, entries, findings);
    } else {
      findings.issues.push({ message: `An item of "${key}" needs a name`, place: item.place, hint: keysHint(kind) });
    }
  }
}

/** A partition stands on its table, whatever disk the flat form names. */
function withBase(map: PlacedMap, table: string): PlacedMap['entries'] {
  const base = { place: map.place, value: { kind: 'text', text: table, place: map.place } } as const;
  return new Map([...map.entries, ['base', base]]);
}

/** The text of a setting as it was written; empty where there is none. */
export function writtenText(entry: LayoutEntry, key: string): string {
  const value = entry.values.get(key)?.value;
  return value?.kind === 'text' ? value.text : '';
}

function asMap(value: Placed): PlacedMap | undefined {
  if (value.kind === 'map') return value;
  if (value.kind === 'text' && value.text === '') return { kind: 'map', entries: new Map(), place: value.place };
  return undefined;
}

function textOf(map: PlacedMap, key: string): string | undefined {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'text' && value.text !== '' ? value.text : undefined;
}

function isTopKind(kind: string): kind is LayoutKind {
  return topKinds().includes(kind);
}

function topKinds(): readonly string[] {
  return Object.keys(LAYOUT_KEYS).filter((kind) => !LISTED_KINDS.includes(kind));
}

function keysHint(kind: LayoutKind): string {
  return `It understands ${LAYOUT_KEYS[kind].join(', ')}.`;
}

function unknownKind(kind: string, place: SourcePlace): Issue {
  const hint = `Nodes may be ${topKinds().join(', ')}.`;
  return { message: `"${kind}" is not a kind of layout node`, place, hint };
}
