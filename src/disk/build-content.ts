import type { FilesystemNode, PhysicalVolumeNode } from '../model/disk.ts';
import { buildFilesystem } from './build-filesystem.ts';
import type { LayoutEntry } from './layout-entries.ts';
import { type LayoutContext, onlyChild } from './layout-values.ts';
import { checkLvmOptions } from './lvm-options.ts';

/** Builds what a disk or partition holds: a filesystem, or space for a volume group; undefined when nothing stands on it. */
export function buildContent(
  context: LayoutContext,
  base: LayoutEntry,
): FilesystemNode | PhysicalVolumeNode | undefined {
  const entry = onlyChild(context, base, ['mkfs', 'pv']);
  if (entry?.kind !== 'pv') return entry && buildFilesystem(context, entry);
  checkLvmOptions(context, entry);
  return { kind: 'physical-volume', name: entry.name };
}
