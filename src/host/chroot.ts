import { fileURLToPath } from 'node:url';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { type RunOptions, type RunResult, runForStatus } from './process.ts';

/** A folder or file of the host made visible inside the root tree for one command. */
export interface Bind {
  readonly source: string;
  /** Absolute path inside the root tree; created when it is missing. */
  readonly target: string;
  readonly isReadOnly: boolean;
}

export interface ChrootOptions extends Pick<RunOptions, 'input' | 'onLine' | 'collects' | 'signal' | 'pipesIn'> {
  /** Absolute path of the root tree. */
  readonly tree: string;
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
  const binds = (options.binds ?? []).map((bind) => `${bind.isReadOnly ? 'ro' : 'rw'}:${bind.source}:${bind.target}`);
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--propagation', 'private'];
  const result = await runForStatus(
    'unshare',
    [...namespaces, ENTER_CHROOT, options.tree, String(binds.length), ...binds, ...options.command],
    {
      env: options.env,
      input: options.input,
      onLine: options.onLine,
      collects: options.collects,
      signal: options.signal,
      pipesIn: options.pipesIn,
    },
  );
  if (result.status !== 0 && result.tail.at(-1) === NOT_ENTERED)
    throw new IngotError('CHROOT_FAILED', `The root tree ${options.tree} could not be entered`, { tail: result.tail });
  return result;
}
