import type { RunResult } from '../host/process.ts';
import type { Environment } from '../model/request.ts';

/** A finished tree as assertions see it: nothing can be written to it. */
export interface TreeView {
  /** Absolute path. */
  readonly tree: string;
  /** Absolute path of a folder for temporary files. */
  readonly scratch: string;
  /** Environment of programs on the host. */
  readonly environment: Environment;
  /** Runs a command inside of the tree; any status is a result. */
  readonly runInside: (command: readonly string[]) => Promise<RunResult>;
}
