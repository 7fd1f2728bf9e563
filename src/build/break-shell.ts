import { access } from 'node:fs/promises';
import { runInChroot } from '../host/chroot.ts';
import { run } from '../host/process.ts';
import { PHASES, type Phase } from '../model/phase.ts';
import type { Environment } from '../model/request.ts';
import type { BuildContext } from './build-context.ts';
import { startEnvironment } from './run-hook.ts';

/** Opens the user's shell, or runs the user's command, at a break point: in the tree for phases that run there, else on the host. */
export async function openShell(
  context: BuildContext,
  where: { readonly phase: Phase; readonly moment: 'before' | 'after' },
  env: Environment,
): Promise<void> {
  const { command } = context.request.breaks;
  const isHost = PHASES[where.phase].side === 'host';
  const program = where.moment === 'before' && isHost && command !== undefined ? command : 'bash';
  const reason = `${where.moment}-${where.phase.slice(0, -'.d'.length)}`;
  await shell(context, { reason, isInside: !isHost, program, phase: where.phase }, env);
}

/** The break point `after-error` of a failed hook in the tree. The build fails afterwards all the same. */
export async function breakAfterError(context: BuildContext, phase: Phase, env: Environment): Promise<void> {
  const { points, command, outsideTarget } = context.request.breaks;
  if (!points.includes('after-error')) return;
  const program = command ?? 'bash';
  const shellEnv = outsideTarget ? await startEnvironment(context, 'post-root.d') : env;
  await shell(context, { reason: 'after-error', isInside: !outsideTarget, program, phase }, shellEnv);
}

interface Shell {
  readonly reason: string;
  readonly isInside: boolean;
  /** Text for bash. */
  readonly program: string;
  readonly phase: Phase;
}

async function shell(context: BuildContext, wanted: Shell, env: Environment): Promise<void> {
  context.emit({ kind: 'shell-opened', reason: wanted.reason });
  const onLine = (line: string) => context.emit({ kind: 'message', level: 'info', text: line });
  const words = [
    'bash',
    '-c',
    (await hasTerminal()) ? `exec </dev/tty >/dev/tty 2>&1; ${wanted.program}` : wanted.program,
  ];
  const [command = '', ...args] = words;
  if (wanted.isInside) {
    const binds = await context.chrootBinds();
    const { tree, store } = context;
    await runInChroot({ tree: tree.root, scratch: store.scratchFolder, command: words, env, binds, onLine });
  } else {
    await run(command, args, { cwd: context.request.workingFolder, env, onLine, okStatuses: ANY_STATUS });
  }
  context.emit({ kind: 'shell-closed' });
}

/** A shell that a person leaves with a status other than 0 is no failure. */
const ANY_STATUS = Array.from({ length: 256 }, (_, status) => status);

async function hasTerminal(): Promise<boolean> {
  return await access('/dev/tty').then(
    () => process.stdin.isTTY === true,
    () => false,
  );
}
