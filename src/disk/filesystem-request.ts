import type { Bytes } from '../model/bytes.ts';
import type { FilesystemNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import type { DiskIdentity } from './identity.ts';
import type { TreeMeasure } from './measure-tree.ts';
import type { TreeContents } from './tree-contents.ts';

/** One filesystem to be made inside a file that exists and reads as zeros. */
export interface FilesystemRequest extends TreeContents {
  readonly node: FilesystemNode;
  /** Absolute path of that file, which often is the whole disk. */
  readonly output: string;
  /** From the beginning of the file. */
  readonly start: Bytes;
  readonly size: Bytes;
  readonly sectorSize: 512 | 4096;
  /** Of `folder` without what is hidden. */
  readonly measure: TreeMeasure;
  readonly identity: DiskIdentity;
  /** Seconds since the Unix epoch; nothing in the filesystem is dated later. */
  readonly epoch: number;
  readonly signal: AbortSignal | undefined;
}

/** The error for a tool that failed to make a filesystem. */
export function explainTool(error: unknown, { node }: FilesystemRequest, tool: string): unknown {
  if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') return error;
  const { tail } = error.details;
  const hint = `The last lines are those of ${tool}. Look at --mkfs-options and at the options in the layout.`;
  const message = `The filesystem "${node.name}" cannot be made`;
  return new IngotError('ASSEMBLE_FAILED', message, { hint, tail, cause: error });
}

/** How a filesystem with everything in its folder is made. */
export interface FilesystemWriter {
  readonly write: (request: FilesystemRequest) => Promise<void>;
  /** False where it can only be made as a file of its own: then `start` is 0 and `output` is as long as the filesystem. */
  readonly isInPlace: boolean;
}
