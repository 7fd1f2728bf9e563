import { type Bytes, bytes, MIB } from '../model/bytes.ts';
import type { LogicalVolumeNode, LogicalVolumeSize, ThinRole, VolumeGroupNode } from '../model/disk.ts';
import { buildFilesystem } from './build-filesystem.ts';
import type { LayoutEntry } from './layout-entries.ts';
import { type LayoutContext, listValue, onlyChild, placeOf, report, sizeValue, textValue } from './layout-values.ts';
import { checkLvmOptions, extentSize } from './lvm-options.ts';

/** Builds the volume groups that the `lvm` nodes describe. */
export function buildVolumeGroups(context: LayoutContext): readonly VolumeGroupNode[] {
  for (const lvm of context.entries.filter((entry) => entry.kind === 'lvm')) checkLists(context, lvm);
  const groups = context.entries.filter((entry) => entry.kind === 'vg');
  const owners = new Map<string, string>();
  return groups.map((entry) => buildGroup(context, entry, owners));
}

function checkLists(context: LayoutContext, lvm: LayoutEntry): void {
  for (const key of ['pvs', 'vgs', 'lvs']) {
    if (lvm.values.has(key)) continue;
    report(context, lvm.place, `"${lvm.name}" has no "${key}"`, 'List its pvs, vgs and lvs, each with name and base.');
  }
}

/** @param owners the group of each physical volume, as far as groups were built */
function buildGroup(context: LayoutContext, entry: LayoutEntry, owners: Map<string, string>): VolumeGroupNode {
  checkName(context, entry);
  const volumes = context.entries.filter((other) => other.kind === 'lv' && other.base === entry.name);
  return {
    kind: 'volume-group',
    name: entry.name,
    physicalVolumes: physicalVolumes(context, entry, owners),
    extentSize: extentSize(context, entry),
    volumes: volumes.map((volume) => buildVolume(context, volume)),
  };
}

function physicalVolumes(
  context: LayoutContext,
  entry: LayoutEntry,
  owners: Map<string, string>,
): VolumeGroupNode['physicalVolumes'] {
  const names = listValue(context, entry, 'base');
  const known = context.entries.filter((other) => other.kind === 'pv').map((other) => other.name);
  const place = placeOf(entry, 'base');
  const hint = `"base" may list ${known.length === 0 ? 'physical volumes' : known.join(', ')}.`;
  if (names.length === 0) report(context, place, `"${entry.name}" stands on no physical volume`, hint);
  for (const name of names) {
    const owner = owners.get(name);
    if (!known.includes(name)) report(context, place, `"${entry.name}" cannot stand on "${name}"`, hint);
    else if (owner !== undefined) {
      const message = `The physical volume "${name}" belongs to "${owner}" already`;
      report(context, place, message, 'Name each physical volume once.');
    }
    owners.set(name, entry.name);
  }
  return names;
}

function buildVolume(context: LayoutContext, entry: LayoutEntry): LogicalVolumeNode {
  checkName(context, entry);
  checkLvmOptions(context, entry);
  const thin = thinRole(context, entry);
  const content = onlyChild(context, entry, ['mkfs']);
  if (thin?.kind === 'pool' && content !== undefined) {
    const message = `"${content.name}" cannot stand on the thin pool "${entry.name}"`;
    report(context, placeOf(content, 'base'), message, 'Give the pool a volume of "type: thin", and put it there.');
  }
  if (thin?.kind === 'volume' && entry.values.has('extents')) {
    const message = `The thin volume "${entry.name}" has extents, and takes none of its group`;
    report(context, placeOf(entry, 'extents'), message, 'Write "size:" with the size that it shall show.');
  }
  return {
    kind: 'logical-volume',
    name: entry.name,
    size: volumeSize(context, entry),
    ...(content && { content: buildFilesystem(context, content) }),
    ...(thin && { thin }),
  };
}

function thinRole(context: LayoutContext, entry: LayoutEntry): ThinRole | undefined {
  const type = textValue(context, entry, 'type');
  const pool = textValue(context, entry, 'thin-pool');
  if (type === 'thin-pool') return { kind: 'pool' };
  if (type !== undefined && type !== 'thin') {
    const hint = 'It may be thin or thin-pool, or left out.';
    report(context, placeOf(entry, 'type'), `"${type}" is not a type of logical volume`, hint);
    return undefined;
  }
  if (type === undefined && pool === undefined) return undefined;
  const pools = context.entries.filter((other) => isPool(context, other) && other.base === entry.base);
  if (pool !== undefined && pools.some(({ name }) => name === pool)) return { kind: 'volume', pool };
  const names = pools.map(({ name }) => name).join(', ');
  const message =
    pool === undefined
      ? `The thin volume "${entry.name}" names no pool`
      : `"${pool}" is not a thin pool of the group of "${entry.name}"`;
  const hint = `"thin-pool" may be ${names || 'the name of a volume of "type: thin-pool"'}.`;
  report(context, placeOf(entry, pool === undefined ? 'type' : 'thin-pool'), message, hint);
  return undefined;
}

function isPool(context: LayoutContext, entry: LayoutEntry): boolean {
  return entry.kind === 'lv' && textValue(context, entry, 'type') === 'thin-pool';
}

/** Sizes are cut to whole extents of the usual size, whatever the group's own. */
function volumeSize(context: LayoutContext, entry: LayoutEntry): LogicalVolumeSize {
  const place = placeOf(entry, entry.values.has('size') ? 'size' : 'extents');
  const size = sizeValue(context, entry, 'size');
  if (size !== undefined) return { kind: 'bytes', bytes: wholeExtents(context, entry, size) };
  const text = textValue(context, entry, 'extents');
  const hint = 'Write "size: 2GiB", or "extents:" with a number, 40%VG, 40%PVS or 100%FREE.';
  if (text === undefined) {
    if (!entry.values.has('size')) report(context, place, `"${entry.name}" needs a size or extents`, hint);
    return { kind: 'extents', count: 1 };
  }
  const [, digits = '', of] = /^(\d+)(?:%(VG|FREE|PVS))?$/i.exec(text.trim()) ?? [];
  const count = Number(digits);
  if (digits === '' || count === 0 || (of !== undefined && count > 100)) {
    report(context, place, `"${text}" is not a number of extents`, hint);
  }
  if (of === undefined) return { kind: 'extents', count };
  return { kind: 'percent', percent: count, of: of.toUpperCase() === 'FREE' ? 'free' : 'group' };
}

function wholeExtents(context: LayoutContext, entry: LayoutEntry, size: Bytes): Bytes {
  const unit = 4 * MIB;
  if (size < unit) {
    const message = `The logical volume "${entry.name}" is smaller than one extent of 4 MiB`;
    report(context, placeOf(entry, 'size'), message, 'Choose a multiple of 4 MiB.');
  }
  return bytes(size - (size % unit));
}

function checkName(context: LayoutContext, entry: LayoutEntry): void {
  if (/^(?!\.{1,2}$)[\w+.][\w+.-]{0,126}$/.test(entry.name)) return;
  const hint = 'LVM takes letters, digits, "+", "_", "." and "-", which may not be the first.';
  report(context, placeOf(entry, 'name'), `"${entry.name}" cannot be the name of a volume or group`, hint);
}
