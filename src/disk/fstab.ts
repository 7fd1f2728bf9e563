import type { DiskLayout, FilesystemNode, MountNode } from '../model/disk.ts';

/** A filesystem with a mount node. */
export interface MountedFilesystem extends FilesystemNode {
  readonly mount: MountNode;
}

/** Every filesystem of a layout: those on disks and partitions, in their order, then those on logical volumes. */
export function filesystemsOf(layout: DiskLayout): readonly FilesystemNode[] {
  const onDisks = layout.disks.flatMap(({ content }) =>
    content.kind === 'table' ? content.partitions.flatMap((partition) => partition.content ?? []) : [content],
  );
  const onVolumes = layout.volumeGroups.flatMap(({ volumes }) => volumes.flatMap((volume) => volume.content ?? []));
  return [...onDisks, ...onVolumes].filter((content) => content.kind === 'filesystem');
}

/** Those with a place in the tree, parents before what is mounted below them. */
export function mountedFilesystems(layout: DiskLayout): readonly MountedFilesystem[] {
  return filesystemsOf(layout)
    .filter(isMounted)
    .filter(({ mount }) => mount.point !== 'none')
    .sort(byPoint);
}

/** The text of `/etc/fstab`: one line for each filesystem whose layout asks for one, found by its label; swap comes last. */
export function fstabText(layout: DiskLayout): string {
  return filesystemsOf(layout).filter(isMounted).sort(byPoint).map(fstabLine).join('');
}

/** "none" comes behind every path. */
function byPoint(a: MountedFilesystem, b: MountedFilesystem): number {
  if (a.mount.point === b.mount.point) return 0;
  return a.mount.point < b.mount.point ? -1 : 1;
}

function fstabLine({ label, type, mount }: MountedFilesystem): string {
  if (mount.fstab === undefined) return '';
  const { options, dumpFrequency, passNumber } = mount.fstab;
  return `LABEL=${label} ${mount.point} ${type} ${options} ${dumpFrequency} ${passNumber}\n`;
}

function isMounted(filesystem: FilesystemNode): filesystem is MountedFilesystem {
  return filesystem.mount !== undefined;
}
