import type { DiskLayout, FilesystemNode, MountNode } from '../model/disk.ts';

/** A filesystem that has a place in the tree. */
export interface MountedFilesystem extends FilesystemNode {
  readonly mount: MountNode;
}

/** Every filesystem of a layout, in the order of the disk. */
export function filesystemsOf(layout: DiskLayout): readonly FilesystemNode[] {
  const { content } = layout;
  if (content.kind === 'filesystem') return [content];
  return content.partitions.flatMap((partition) => partition.content ?? []);
}

/** Those with a mount point, parents before what is mounted below them. */
export function mountedFilesystems(layout: DiskLayout): readonly MountedFilesystem[] {
  return filesystemsOf(layout)
    .filter(isMounted)
    .sort((a, b) => (a.mount.point < b.mount.point ? -1 : 1));
}

/** The text of `/etc/fstab`: one line for each filesystem whose layout asks for one, found by its label. */
export function fstabText(layout: DiskLayout): string {
  return mountedFilesystems(layout).map(fstabLine).join('');
}

function fstabLine({ label, type, mount }: MountedFilesystem): string {
  if (mount.fstab === undefined) return '';
  const { options, dumpFrequency, passNumber } = mount.fstab;
  return `LABEL=${label} ${mount.point} ${type} ${options} ${dumpFrequency} ${passNumber}\n`;
}

function isMounted(filesystem: FilesystemNode): filesystem is MountedFilesystem {
  return filesystem.mount !== undefined;
}
