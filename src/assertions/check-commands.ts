import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTextIfPresent } from '../host/optional-file.ts';
import { type RunResult, runForStatus } from '../host/process.ts';
import type { Issue } from '../model/error.ts';
import { type Assertion, type CommandAssertion, difference, type ServiceState } from './assertion.ts';
import { excerpt, quoted } from './check-files.ts';
import type { TreeView } from './tree-view.ts';

/** Lines of a program's output that are shown when it failed. */
const SHOWN_LINES = 5;

/** Has every bash note which command failed last. */
const NOTE_FAILURE = fileURLToPath(new URL('../../lib/note-failure', import.meta.url));

/** Runs a command inside of the tree and compares. */
export async function checkCommand(
  { run, status, prints }: CommandAssertion,
  { runInside }: TreeView,
): Promise<readonly string[]> {
  const result = await runInside(['/bin/sh', '-c', run]);
  const output = result.stdout + result.stderr;
  const subject = quoted(run);
  return [
    ...(result.status === status
      ? []
      : [difference(subject, `status ${status}`, `status ${result.status}${endOf(result)}`)]),
    ...prints
      .filter((text) => !output.includes(text))
      .map((text) => difference(subject, quoted(text), excerpt(output))),
  ];
}

/** Asks systemd's own program inside of the tree whether a service is enabled. */
export async function checkService(
  { name, state }: { readonly name: string; readonly state: ServiceState },
  { runInside }: TreeView,
): Promise<readonly string[]> {
  const result = await runInside(['/bin/sh', '-c', 'exec systemctl is-enabled "$1"', 'sh', name]);
  const found = result.stdout.trim() || `status ${result.status}${endOf(result)}`;
  return found === state ? [] : [difference(`Service ${name}`, state, found)];
}

/**
 * Runs an executable of the host, which finds the tree in `TARGET_ROOT`, in a PID namespace of its own. A bash script that stopped at a
 * failed command is told with the line of it.
 */
export async function checkProgram(
  { path }: Extract<Assertion, { readonly kind: 'program' }>,
  { tree, environment, scratch }: TreeView,
): Promise<readonly Issue[]> {
  const result = await runForStatus('unshare', ['--pid', '--fork', '--kill-child=KILL', path], {
    cwd: dirname(path),
    env: { ...environment, TARGET_ROOT: tree, BASH_ENV: NOTE_FAILURE, INGOT_HOOK: path, INGOT_CHANNEL: scratch },
  });
  const noted = join(scratch, 'failed-at');
  const [line = '', file, command = ''] = readTextIfPresent(noted)?.split('\n') ?? [];
  await rm(noted, { force: true });
  if (result.status === 0) return [];
  const isOwn = file === path && line !== '';
  const subject = `assert.d/${basename(path)}${isOwn ? ` at: ${command}` : ''}`;
  return [
    {
      message: difference(subject, 'status 0', `status ${result.status}${endOf(result)}`),
      place: isOwn ? { file: path, line: Number(line) } : { file: path },
    },
  ];
}

function endOf({ tail }: RunResult): string {
  return tail.length === 0 ? '' : ` and ${quoted(tail.slice(-SHOWN_LINES).join('\n'))}`;
}
