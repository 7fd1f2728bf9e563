import { type Bytes, bytes, MIB } from '../model/bytes.ts';
import type { LogicalVolumeNode, LogicalVolumeSize, VolumeGroupNode } from '../model/disk.ts';
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
  checkType(context, entry);
  const content = onlyChild(context, entry, ['mkfs']);
  return {
    kind: 'logical-volume',
    name: entry.name,
    size: volumeSize(context, entry),
    ...(content && { content: buildFilesystem(context, content) }),
  };
}

function checkType(context: LayoutContext, entry: LayoutEntry): void {
  const type = textValue(context, entry, 'type');
  if (type === undefined && !entry.values.has('thin-pool')) return;
  const place = placeOf(entry, 'type');
  if (type === 'thin' || type === 'thin-pool' || type === undefined) {
    const message = `The logical volume "${entry.name}" is thinly provisioned, which only the kernel can do`;
    const hint = 'Leave out "type" and "thin-pool" for a volume that takes its space at once.';
    context.findings.mapperNeeds.push({ message, place, hint });
  } else
    report(context, place, `"${type}" is not a type of logical volume`, 'It may be thin or thin-pool, or left out.');
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
