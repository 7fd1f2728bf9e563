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
  const mounted = filesystemsOf(layout).filter(isMounted).sort(byPoint);
  return mounted.map((filesystem) => fstabLine(layout, filesystem)).join('');
}

/**
 * How `/etc/fstab` names a filesystem: by its label, or where its type has none by the name of its partition or volume; undefined where that
 * has no name either.
 */
export function fstabSource(layout: DiskLayout, filesystem: FilesystemNode): string | undefined {
  if (filesystem.label !== '') return `LABEL=${filesystem.label}`;
  const tables = layout.disks.flatMap(({ content }) => (content.kind === 'table' ? [content] : []));
  const partition = tables
    .filter((table) => table.label === 'gpt')
    .flatMap((table) => table.partitions)
    .find(({ content }) => content === filesystem);
  if (partition !== undefined) return `PARTLABEL=${partition.name}`;
  const group = layout.volumeGroups.find(({ volumes }) => volumes.some(({ content }) => content === filesystem));
  const volume = group?.volumes.find(({ content }) => content === filesystem);
  return group && volume && `/dev/${group.name}/${volume.name}`;
}

/** "none" comes behind every path. */
function byPoint(a: MountedFilesystem, b: MountedFilesystem): number {
  if (a.mount.point === b.mount.point) return 0;
  return a.mount.point < b.mount.point ? -1 : 1;
}

function fstabLine(layout: DiskLayout, filesystem: MountedFilesystem): string {
  const { type, mount } = filesystem;
  if (mount.fstab === undefined) return '';
  const { options, dumpFrequency, passNumber } = mount.fstab;
  return `${fstabSource(layout, filesystem)} ${mount.point} ${type} ${options} ${dumpFrequency} ${passNumber}\n`;
}

function isMounted(filesystem: FilesystemNode): filesystem is MountedFilesystem {
  return filesystem.mount !== undefined;
}
