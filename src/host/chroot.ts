import { fileURLToPath } from 'node:url';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { type Bind, type ChrootMounts, prepareMounts } from './chroot-mounts.ts';
import { type RunOptions, type RunResult, runForStatus } from './process.ts';

export interface ChrootOptions extends Pick<RunOptions, 'input' | 'onLine' | 'collects' | 'signal'> {
  /** Absolute path of the root tree. */
  readonly tree: string;
  /** Absolute path of a folder for what exists on the host while the command runs. */
  readonly scratch: string;
  /** Program and arguments, looked up inside the tree. */
  readonly command: readonly string[];
  /** Whole environment of the command. */
  readonly env: Environment;
  readonly binds?: readonly Bind[];
}

/** What `lib/enter-chroot` says last when it fails before the command. */
const NOT_ENTERED = 'enter-chroot: the root tree could not be entered';

const ENTER_CHROOT = fileURLToPath(new URL('../../lib/enter-chroot', import.meta.url));

/**
 * Runs one command inside a root tree, in mount and PID namespaces of its own: with `/proc`, a `/dev` of the standard nodes, `devpts`
 * and read-only `/sys`. Everything it mounts is gone and everything it started is dead when this returns.
 * @returns its exit status and output; any status is a result
 * @throws IngotError `CHROOT_FAILED` when a mount is refused, `TOOL_MISSING` without util-linux, `CANCELLED` when the signal was aborted
 */
export async function runInChroot(options: ChrootOptions): Promise<RunResult> {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--propagation', 'private'];
  using mounts = mountsFor(options);
  const result = await runForStatus(
    'unshare',
    [...namespaces, ENTER_CHROOT, options.tree, mounts.table, ...options.command],
    {
      env: options.env,
      input: options.input,
      onLine: options.onLine,
      collects: options.collects,
      signal: options.signal,
      pipesIn: options.scratch,
    },
  );
  if (result.status !== 0 && result.tail.at(-1) === NOT_ENTERED)
    throw new IngotError('CHROOT_FAILED', `The root tree ${options.tree} could not be entered`, { tail: result.tail });
  return result;
}

function mountsFor({ tree, binds = [], scratch }: ChrootOptions): ChrootMounts {
  try {
    return prepareMounts(tree, binds, scratch);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new IngotError('CHROOT_FAILED', `The root tree ${tree} could not be entered: ${reason}`, { cause: error });
  }
}
