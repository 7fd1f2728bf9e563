import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isErrno } from '../model/errno.ts';

/** A process of this machine, told from all others that ever had its number. */
export const ProcessIdentity = z.object({
  pid: z.number().int().positive(),
  /** When it began, in clock ticks since the machine started. */
  startTicks: z.number().int(),
  /** Names the start of the machine. */
  boot: z.string(),
});
export type ProcessIdentity = Readonly<z.infer<typeof ProcessIdentity>>;

/** The identity of a process that runs; undefined when there is none of that number. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (status === undefined) return undefined;
  // The second field is the program's name in parentheses, which may hold blanks: count from its end. @see proc_pid_stat(5)
  const [state = '', ...fields] = status.slice(status.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  const startTicks = Number(fields[18]);
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return { pid, startTicks, boot: boot.trim() };
}

/** True while the process runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identityOf(identity.pid);
  return now?.startTicks === identity.startTicks && now.boot === identity.boot;
}

/**
 * Sends a signal to a process, or to its whole group where it leads one, unless it has ended.
 * @param whom `group` for a process that was started detached
 */
export async function sendSignal(
  identity: ProcessIdentity,
  signal: 'SIGTERM' | 'SIGKILL',
  whom: 'process' | 'group',
): Promise<void> {
  if (!(await isAlive(identity))) return;
  try {
    process.kill(whom === 'group' ? -identity.pid : identity.pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
