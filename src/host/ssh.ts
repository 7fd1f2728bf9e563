import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A port of the loopback interface that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('The loopback interface gave no port');
  return address.port;
}

/** How to reach an SSH server on the loopback interface. */
export interface SshTarget {
  readonly port: number;
  readonly user: string;
  /** Path of a private key; undefined leaves the choice to ssh. */
  readonly identity?: string;
}

/** Arguments of ssh(1) for a machine that lives for one boot: its host key is new each time and not kept. */
export function sshArguments(target: SshTarget, command: readonly string[]): string[] {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'ConnectTimeout=20'];
  return [
    ...options.flatMap((option) => ['-o', option]),
    ...(target.identity === undefined ? [] : ['-o', 'IdentitiesOnly=yes', '-i', target.identity]),
    ...['-p', String(target.port), '-l', target.user, '127.0.0.1'],
    ...(command.length === 0 ? [] : ['--', ...command]),
  ];
}

/** Time between two attempts. */
const RETRY_MS = 500;
/** A server under emulation takes its time for the first line. */
const BANNER_MS = 10_000;

/**
 * Waits until an SSH server answers. A connection alone proves nothing: QEMU takes it before the guest is there.
 * @returns false when it did not within `ms` milliseconds, or when the signal was aborted
 */
export async function waitForSshBanner(port: number, ms: number, signal: AbortSignal): Promise<boolean> {
  const end = Date.now() + ms;
  while (!signal.aborted && Date.now() < end) {
    if (await sendsBanner(port)) return true;
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}

async function sendsBanner(port: number): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(BANNER_MS, () => finish(false));
    socket.once('data', (data) => finish(data.toString('latin1').startsWith('SSH-2.0')));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}
