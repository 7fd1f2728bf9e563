import type { Bytes } from '../model/bytes.ts';
import type { FilesystemNode } from '../model/disk.ts';
import type { DiskIdentity } from './identity.ts';
import type { TreeMeasure } from './measure-tree.ts';

/** One filesystem to be made inside a disk image that exists and reads as zeros. */
export interface FilesystemRequest {
  readonly node: FilesystemNode;
  /** Absolute path of the disk image. */
  readonly output: string;
  /** From the beginning of the disk. */
  readonly start: Bytes;
  readonly size: Bytes;
  readonly sectorSize: 512 | 4096;
  /** Absolute path of the folder whose contents it gets; undefined leaves it empty. */
  readonly folder: string | undefined;
  /** Paths below `folder`, each with a leading slash, whose contents belong to other filesystems. */
  readonly hidden: readonly string[];
  /** Of `folder` without what is hidden. */
  readonly measure: TreeMeasure;
  readonly identity: DiskIdentity;
  /** Seconds since the Unix epoch; nothing in the filesystem is dated later. */
  readonly epoch: number;
  readonly signal: AbortSignal | undefined;
}

/** Makes a filesystem with everything in its folder. */
export type FilesystemWriter = (request: FilesystemRequest) => Promise<void>;
