import { setTimeout as delay } from 'node:timers/promises';
import { runForStatus } from '../host/process.ts';
import { type SshTarget, sshArguments, waitForSshBanner } from '../host/ssh.ts';
import type { VirtualMachine } from '../host/virtual-machine.ts';
import { IngotError } from '../model/error.ts';
import { bootFailure } from './boot-progress.ts';

export interface SshWish {
  readonly image: string;
  readonly user: string;
  readonly identity?: string;
  /** Empty opens a shell. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** Status by which ssh says that it could not connect or log in. */
const SSH_FAILED = 255;
const RETRY_MS = 2000;
const NO_SERVER_HINT =
  'The image needs openssh-server, and a program that brings the network up, such as the package ifupdown with cloud-init.';

/**
 * Waits for the SSH server of a machine and for the user to be let in, then opens a shell or runs a command on this terminal.
 * @returns the exit status of the shell or command
 * @throws IngotError `BOOT_FAILED`
 */
export async function runOverSsh(machine: VirtualMachine, wish: SshWish, signal: AbortSignal): Promise<number> {
  const deadline = Date.now() + wish.timeoutMs;
  const target: SshTarget = { port: machine.sshPort ?? 0, user: wish.user, identity: wish.identity };
  const life = new AbortController();
  const endOfLife = () => life.abort();
  void machine.ended.then(endOfLife, endOfLife);
  const either = AbortSignal.any([signal, life.signal]);
  if (!(await waitForSshBanner(target.port, wish.timeoutMs, either))) {
    signal.throwIfAborted();
    const reason = life.signal.aborted ? 'the machine ended' : `no SSH server within ${wish.timeoutMs / 1000} s`;
    throw bootFailure(machine.console, wish.image, reason, NO_SERVER_HINT);
  }
  await waitForEntry(target, deadline, either);
  signal.throwIfAborted();
  return (await runForStatus('ssh', sshArguments(target, wish.command), { isInteractive: true, signal })).status;
}

/** The server is often up before cloud-init has made the user. */
async function waitForEntry(target: SshTarget, deadline: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const attempt = await runForStatus('ssh', ['-o', 'BatchMode=yes', ...sshArguments(target, ['true'])], { signal });
    if (attempt.status !== SSH_FAILED) return;
    if (Date.now() > deadline)
      throw new IngotError('BOOT_FAILED', `The machine runs an SSH server and does not let ${target.user} in`, {
        tail: attempt.tail,
        hint: 'Without --seed the user is made by cloud-init: the image needs it. Else name --user and --identity.',
      });
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}
