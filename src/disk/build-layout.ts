import type { DiskLayout, DiskNode } from '../model/disk.ts';
import { buildContent } from './build-content.ts';
import { buildTable } from './build-table.ts';
import { buildVolumeGroups } from './build-volume-groups.ts';
import { checkFilesystems } from './check-filesystems.ts';
import type { LayoutDefaults } from './layout-defaults.ts';
import type { LayoutEntry, LayoutFindings, LayoutKind } from './layout-entries.ts';
import { type LayoutContext, onlyChild, placeOf, report, sizeValue, textValue } from './layout-values.ts';

/** What a node of each kind may stand on. Those without a line are looked at where they are built. */
const BASES: Readonly<Partial<Record<LayoutKind, readonly LayoutKind[]>>> = {
  partitioning: ['local_loop'],
  partition: ['partitioning'],
  pv: ['local_loop', 'partition'],
  lv: ['vg'],
  mkfs: ['local_loop', 'partition', 'lv'],
  mount: ['mkfs'],
  fstab: ['mount'],
};

/** Turns the flat form of a layout into the disks it describes. Faults are noted in `findings`; then the result is of no use. */
export function buildLayout(
  entries: readonly LayoutEntry[],
  defaults: LayoutDefaults,
  findings: LayoutFindings,
): DiskLayout | undefined {
  const context: LayoutContext = { entries, defaults, findings };
  checkNames(context);
  checkBases(context);
  const [first, ...others] = disksOf(context).map((disk) => buildDisk(context, disk));
  const volumeGroups = buildVolumeGroups(context);
  if (first === undefined) return undefined;
  const layout: DiskLayout = { disks: [first, ...others.filter((disk) => disk !== undefined)], volumeGroups };
  checkFilesystems(context, layout);
  return layout;
}

function buildDisk(context: LayoutContext, entry: LayoutEntry): DiskNode | undefined {
  const first = onlyChild(context, entry, ['partitioning', 'mkfs', 'pv']);
  const content = first?.kind === 'partitioning' ? buildTable(context, first) : buildContent(context, entry);
  if (content === undefined) {
    const hint = 'Add a "partitioning" or "mkfs" node to it.';
    report(context, entry.place, `Nothing stands on the disk "${entry.name}"`, hint);
    return undefined;
  }
  const size = sizeValue(context, entry, 'size');
  return { kind: 'disk', name: entry.name, sectorSize: sectorSize(context, entry), size, content };
}

function checkNames(context: LayoutContext): void {
  const seen = new Set<string>();
  for (const entry of context.entries) {
    if (seen.has(entry.name)) {
      report(context, entry.place, `Two nodes are called "${entry.name}"`, 'Give one of them another name.');
    }
    seen.add(entry.name);
  }
}

function checkBases(context: LayoutContext): void {
  for (const entry of context.entries) {
    const allowed = BASES[entry.kind];
    if (allowed === undefined) continue;
    const fitting = context.entries.filter((other) => allowed.includes(other.kind));
    if (fitting.some((other) => other.name === entry.base)) continue;
    const message =
      entry.base === undefined
        ? `"${entry.kind}" says not what it stands on`
        : `"${entry.name}" cannot stand on "${entry.base}"`;
    const names = fitting.map((other) => other.name).join(', ');
    report(
      context,
      placeOf(entry, 'base'),
      message,
      `"base" may be ${names === '' ? `a ${allowed.join(' or ')}` : names}.`,
    );
  }
}

/** The disk that boots, then the others; none where there is no disk to boot. */
function disksOf(context: LayoutContext): readonly LayoutEntry[] {
  const disks = context.entries.filter((entry) => entry.kind === 'local_loop');
  for (const disk of disks) {
    if (/^[\w+.-]+$/.test(disk.name)) continue;
    const hint = 'It becomes a part of the file name: use letters, digits, "_", "+", "." and "-".';
    report(context, placeOf(disk, 'name'), `"${disk.name}" cannot be the name of a disk`, hint);
  }
  const bootDisk = disks.find((entry) => entry.name === 'image0');
  if (bootDisk !== undefined) return [bootDisk, ...disks.filter((entry) => entry !== bootDisk)];
  const first = disks[0] ?? context.entries[0];
  if (first !== undefined) {
    const hint = 'Begin the layout with "- local_loop:" and "name: image0" below it.';
    report(context, first.place, 'The layout has no disk called "image0", which is the one that boots', hint);
  }
  return [];
}

function sectorSize(context: LayoutContext, disk: LayoutEntry): 512 | 4096 {
  const written = context.defaults.sectorSize ?? Number(textValue(context, disk, 'block_size') ?? '512');
  if (written === 512 || written === 4096) return written;
  report(context, placeOf(disk, 'block_size'), `Sectors of ${written} bytes are not possible`, 'Choose 512 or 4096.');
  return 512;
}
