import { tmpdir } from 'node:os';
import type { ConsoleLog } from '../../src/host/console-log.ts';
import type { Firmware } from '../../src/host/firmware.ts';
import { probeKvm } from '../../src/host/kvm.ts';
import { type SeedFiles, seedForUser } from '../../src/host/nocloud-seed.ts';
import { run } from '../../src/host/process.ts';
import { sshArguments, waitForSshBanner } from '../../src/host/ssh.ts';
import { openSshKey } from '../../src/host/ssh-key.ts';
import { startMachine } from '../../src/host/virtual-machine.ts';

export interface BootOptions {
  /** Absolute path of a disk image, which is not changed. */
  readonly image: string;
  readonly firmware: Firmware;
  /** User for `ssh`; needed for it. Made by cloud-init, unless there is an identity. */
  readonly user?: string;
  /** Path of a private key that the image lets the user in with. */
  readonly identity?: string;
  /** Files of the seed beside, or in place of, what makes the user. */
  readonly seed?: SeedFiles;
  /** Size of the disk that the guest sees, where it is not the image's own. */
  readonly sizeGib?: number;
  readonly memoryMib?: number;
}

/** A running image. Disposing ends it and leaves nothing. */
export interface BootedImage extends AsyncDisposable {
  readonly console: ConsoleLog;
  /** The line in which the pattern stands; fails with the end of the console when it does not come within `ms` milliseconds. */
  readonly waitFor: (pattern: RegExp, ms: number) => Promise<string>;
  /** Waits until a pattern came that says that the guest is ready, then runs shell text as the user and returns what it printed. */
  readonly ssh: (command: string, ms?: number) => Promise<string>;
  /** Writes to the serial console. */
  readonly type: (text: string) => void;
}

const MINUTE = 60_000;

/** Boots an image: with KVM where a guest really runs with it, else under emulation, on one processor. */
export async function bootImage(options: BootOptions): Promise<BootedImage> {
  const { image, firmware, user, identity, sizeGib } = options;
  const key = await openSshKey(identity, tmpdir());
  const { works } = await probeKvm();
  const made = user === undefined || identity !== undefined ? undefined : seedForUser(user, key.publicKey);
  const machine = await startMachine({
    ...{ image, firmware, cpus: 1, writesImage: false },
    accelerator: works ? 'kvm' : 'tcg',
    memoryMib: options.memoryMib ?? 1024,
    seed: made === undefined && options.seed === undefined ? undefined : { ...made, ...options.seed },
    size: sizeGib === undefined ? undefined : `${sizeGib}G`,
    forwardsSsh: user !== undefined,
    temporaryFolder: tmpdir(),
  });
  const fail = (reason: string): Error =>
    new Error(`${reason}; the console ends with:\n${machine.console.tail.join('\n')}`);
  return {
    console: machine.console,
    type: machine.type,
    waitFor: async (pattern, ms) => {
      const wait = await machine.console.waitFor(pattern, ms);
      if (wait.kind === 'matched') return wait.line;
      throw fail(wait.kind === 'ended' ? `The machine ended before ${pattern}` : `No ${pattern} within ${ms / 1000} s`);
    },
    ssh: async (command, ms = 10 * MINUTE) => {
      const signal = AbortSignal.timeout(ms);
      const target = { port: machine.sshPort ?? 0, user: user ?? 'nobody', identity: key.path };
      if (!(await waitForSshBanner(target.port, ms, signal))) throw fail('No SSH server');
      const { stdout } = await run('ssh', ['-o', 'BatchMode=yes', ...sshArguments(target, [command])], { signal });
      return stdout;
    },
    [Symbol.asyncDispose]: async () => {
      await machine[Symbol.asyncDispose]();
      await key[Symbol.asyncDispose]();
    },
  };
}
