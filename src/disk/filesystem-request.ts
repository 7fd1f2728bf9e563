import type { Bytes } from '../model/bytes.ts';
import type { FilesystemNode } from '../model/disk.ts';
import type { DiskIdentity } from './identity.ts';
import type { TreeMeasure } from './measure-tree.ts';

/** One filesystem to be made inside a file that exists and reads as zeros. */
export interface FilesystemRequest {
  readonly node: FilesystemNode;
  /** Absolute path of that file, which often is the whole disk. */
  readonly output: string;
  /** From the beginning of the file. */
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

/** How a filesystem with everything in its folder is made. */
export interface FilesystemWriter {
  readonly write: (request: FilesystemRequest) => Promise<void>;
  /** False where it can only be made as a file of its own: then `start` is 0 and `output` is as long as the filesystem. */
  readonly isInPlace: boolean;
}
