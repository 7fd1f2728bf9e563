import type { DiskLayout, FilesystemNode } from '../model/disk.ts';
import { FILESYSTEM_TYPES, type FilesystemFacts, isFilesystemType } from './filesystem-types.ts';
import { filesystemsOf, fstabSource } from './fstab.ts';
import { type LayoutContext, report } from './layout-values.ts';

/** Notes what is wrong with the filesystems of a layout beside each other, and with where they are. */
export function checkFilesystems(context: LayoutContext, layout: DiskLayout): void {
  const labels = new Set<string>();
  const points = new Set<string>();
  for (const filesystem of filesystemsOf(layout)) {
    const { name, label } = filesystem;
    const point = filesystem.mount?.point;
    const note = (message: string, hint: string) => {
      const entry = context.entries.find((other) => other.name === name);
      if (entry !== undefined) report(context, entry.place, message, hint);
    };
    if (label !== '' && labels.has(label))
      note(`Two filesystems have the label "${label}"`, 'Give each its own label.');
    if (point !== undefined && point !== 'none' && points.has(point))
      note(`Two filesystems are mounted at ${point}`, 'Give each its own mount point.');
    noteOddPlace(layout, filesystem, note);
    labels.add(label);
    if (point !== undefined) points.add(point);
  }
  const [first] = context.entries;
  if (!points.has('/') && first !== undefined && context.findings.issues.length === 0) {
    report(context, first.place, 'No filesystem is mounted at /', 'Add "mount:" with "mount_point: /" to the root.');
  }
}

function noteOddPlace(
  layout: DiskLayout,
  filesystem: FilesystemNode,
  note: (message: string, hint: string) => void,
): void {
  const { name, type, mount } = filesystem;
  if (!isFilesystemType(type)) return;
  const { labelLimit, isReadOnly }: FilesystemFacts = FILESYSTEM_TYPES[type];
  if (isReadOnly && mount === undefined)
    note(`The ${type} "${name}" would be empty for ever`, 'Add "mount:" with the folder whose files it gets.');
  if (labelLimit > 0) return;
  if (mount?.point === '/')
    note(`A ${type} has no label by which the root could be found at boot`, 'Choose another type, such as erofs.');
  else if (mount?.fstab !== undefined && fstabSource(layout, filesystem) === undefined)
    note(
      `A ${type} has no label by which /etc/fstab could name it`,
      'Put it on a partition of a GPT or on a logical volume, or leave "fstab" out.',
    );
}
