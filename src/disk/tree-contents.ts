import type { DiskLayout, FilesystemNode } from '../model/disk.ts';
import { mountedFilesystems } from './fstab.ts';

/** The files of one filesystem. */
export interface TreeContents {
  /** Absolute path of the folder whose contents it gets; undefined leaves it empty. */
  readonly folder: string | undefined;
  /** Paths below `folder`, each with a leading slash, whose contents belong to other filesystems. */
  readonly hidden: readonly string[];
}

/** The part of a tree that belongs on a filesystem: what is below its mount point, without what is mounted below that. */
export function treeContents(layout: DiskLayout, { name }: FilesystemNode, tree: string): TreeContents {
  const points = mountedFilesystems(layout).map((other) => ({ name: other.name, point: other.mount.point }));
  const point = points.find((other) => other.name === name)?.point;
  if (point === undefined) return { folder: undefined, hidden: [] };
  const top = point === '/' ? '' : point;
  const hidden = points
    .map((other) => other.point)
    .filter((other) => other !== point && other.startsWith(`${top}/`))
    .map((other) => other.slice(top.length));
  return { folder: `${tree}${top}`, hidden };
}
