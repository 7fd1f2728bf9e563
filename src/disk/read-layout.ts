import type { DiskLayout } from '../model/disk.ts';
import { IngotError, type Issue } from '../model/error.ts';
import { readPlacedYaml } from '../yaml/placed-yaml.ts';
import { buildLayout } from './build-layout.ts';
import { fstabText, mountedFilesystems } from './fstab.ts';
import type { LayoutDefaults } from './layout-defaults.ts';
import { flattenLayout, type LayoutEntry, type LayoutFindings, writtenText } from './layout-entries.ts';

/** A layout that was understood, and the facts about it that hooks may ask for. */
export interface ReadLayout {
  readonly layout: DiskLayout;
  /** Text for `/etc/fstab`. */
  readonly fstab: string;
  /** `DIB_ROOT_LABEL`. */
  readonly rootLabel: string;
  /** `DIB_ROOT_FSTYPE`. */
  readonly rootType: string;
  /** `DIB_BOOT_LABEL`: empty unless `/boot` is a filesystem of its own. */
  readonly bootLabel: string;
  /** `DIB_MOUNTPOINTS`: as written, joined with `|`, in the order of the layout. */
  readonly mountPoints: string;
  /** What was left out because nothing understands it. */
  readonly warnings: readonly Issue[];
  /** What only device-mapper and LVM's own programs could make, each with its place. */
  readonly mapperNeeds: readonly Issue[];
}

/**
 * Reads a block-device layout, in its nested or its flat form.
 * @param file name for messages
 * @throws IngotError `LAYOUT_INVALID` with every fault found, each with line and column
 */
export function readLayout(text: string, file: string, defaults: LayoutDefaults): ReadLayout {
  const { root, issues } = readPlacedYaml(text, file);
  const findings: LayoutFindings = { issues: [...issues], warnings: [], mapperNeeds: [] };
  const entries = findings.issues.length > 0 ? [] : flattenLayout(root, findings);
  const layout = entries.length === 0 ? undefined : buildLayout(entries, defaults, findings);
  if (layout === undefined || findings.issues.length > 0) throw invalid(file, findings.issues);
  const { warnings, mapperNeeds } = findings;
  return { ...factsOf(layout, entries), layout, warnings, mapperNeeds };
}

function factsOf(
  layout: DiskLayout,
  entries: readonly LayoutEntry[],
): Omit<ReadLayout, 'layout' | 'warnings' | 'mapperNeeds'> {
  const mounted = mountedFilesystems(layout);
  const at = (point: string) => mounted.find((filesystem) => filesystem.mount.point === point);
  const root = at('/');
  return {
    fstab: fstabText(layout),
    rootLabel: root?.label ?? '',
    rootType: root?.type ?? '',
    bootLabel: at('/boot')?.label ?? '',
    mountPoints: entries
      .filter((entry) => entry.kind === 'mount')
      .map((entry) => writtenText(entry, 'mount_point'))
      .join('|'),
  };
}

function invalid(file: string, found: readonly Issue[]): IngotError {
  const issues = found.toSorted((a, b) => positionOf(a) - positionOf(b));
  const [first] = issues;
  const message = issues.length === 1 ? `${first?.message}` : `The block-device layout has ${issues.length} faults`;
  return new IngotError('LAYOUT_INVALID', message, { place: first?.place ?? { file }, issues, hint: first?.hint });
}

/** For sorting: no line is longer than a million columns. */
function positionOf({ place }: Issue): number {
  return (place?.line ?? 0) * 1_000_000 + (place?.column ?? 0);
}
