import path from 'node:path';
import type { Command } from 'commander';
import { isThere } from '../host/is-there.ts';
import { probeKvm } from '../host/kvm.ts';
import { readSeed, type SeedFiles, seedForUser } from '../host/nocloud-seed.ts';
import { runForStatus } from '../host/process.ts';
import type { Accelerator } from '../host/qemu.ts';
import { openSshKey, type SshKey } from '../host/ssh-key.ts';
import { requireTools } from '../host/tool-check.ts';
import {
  type MachineOptions,
  machineCommand,
  prepareMachine,
  startMachine,
  type VirtualMachine,
} from '../host/virtual-machine.ts';
import { IngotError } from '../model/error.ts';
import { type BootValues, type BootWish, readBootWish } from './boot-options.ts';
import { waitForLogin } from './boot-progress.ts';
import { runOverSsh } from './boot-ssh.ts';
import type { Caller } from './caller.ts';
import type { IngotSession } from './ingot-session.ts';
import { kvmMemory, openMachineFolder } from './machine-folder.ts';
import { watchStopSignals } from './stop-signals.ts';

/** Adds `ingot boot` to the program. */
export function registerBoot(program: Command, session: IngotSession): void {
  program
    .command('boot')
    .description(
      'start an image in QEMU; without --check and --ssh its console comes to this terminal (Ctrl-A X ends it)',
    )
    .argument('<image>', 'disk image')
    .argument('[command...]', 'with --ssh: command to run in the machine, behind --')
    .option('--check', 'wait for the login prompt, then end: 0 when it came, 1 when not')
    .option('--ssh', 'wait for the SSH server, then open a shell or run the command')
    .option('--firmware <kind>', 'bios, uefi or uefi-secure', 'bios')
    .option('--accel <kind>', 'auto, kvm or tcg; auto takes KVM where a guest really runs with it', 'auto')
    .option('--user <name>', 'user for --ssh; without --seed the machine is told to make it', 'ingot')
    .option('--identity <file>', 'private key for --ssh; a new one is made when --seed is not given either')
    .option('--seed <path>', 'NoCloud seed: a folder with user-data and the like, or a file with user data')
    .option('--size <size>', 'size of the disk that the machine sees, such as 10G')
    .option('--write', 'let the machine change the image; its writes are dropped otherwise')
    .option('--memory <MiB>', 'memory', '1024')
    .option('--cpus <n>', 'processors (default: 1)')
    .option('--timeout <seconds>', 'longest time to wait for the login prompt or the SSH server', '300')
    .action(async (image: string, command: readonly string[], values: BootValues) => {
      const wish = readBootWish(image, command, values, session.caller.workingFolder);
      session.setStatus(await boot(session.caller, wish));
    });
}

/**
 * Starts an image and does with it what is wished.
 * @returns the exit status: 0, the one of a command or of QEMU, 130 or 143 for a signal
 * @throws IngotError `BOOT_FAILED`, `TOOL_MISSING`, `USAGE`
 */
async function boot(caller: Caller, wish: BootWish): Promise<number> {
  await checkMachineTools(caller, wish);
  await checkImage(wish.image);
  using watch = watchStopSignals(caller);
  await using folder = await openMachineFolder(caller);
  await using key = await keyOf(wish, folder.path);
  const accelerator = await chooseAccelerator(caller, wish);
  const options = await machineOptions({ wish, accelerator, folder: folder.path, publicKey: key?.publicKey });
  try {
    if (!wish.checks && wish.ssh === undefined) return await showConsole(caller, options, watch.signal);
    await using machine = await startMachine(options);
    if (wish.checks) await check(caller, machine, wish, watch.signal);
    if (wish.ssh === undefined) return 0;
    return await runOverSsh(machine, { ...wish, ...wish.ssh, identity: key?.path }, watch.signal);
  } catch (error) {
    const status = watch.status();
    if (status !== undefined) return status;
    throw error;
  }
}

async function check(caller: Caller, machine: VirtualMachine, wish: BootWish, signal: AbortSignal): Promise<void> {
  await waitForLogin(machine.console, {
    ...wish,
    signal,
    onMarker: (name, line, ms) =>
      caller.stdout.write(
        `${(ms / 1000).toFixed(1).padStart(7)} s  ${name.padEnd(7)} ${line.replace(/^\[[\d. ]+\] /, '').slice(0, 60)}\n`,
      ),
  });
}

async function showConsole(caller: Caller, options: MachineOptions, signal: AbortSignal): Promise<number> {
  await using prepared = await prepareMachine(options);
  if (caller.stdout.isTTY) caller.stderr.write('The console follows. Ctrl-A X ends the machine.\n');
  const kind = caller.stdout.isTTY ? 'terminal' : 'stdio';
  const [command, args] = machineCommand({ ...prepared.spec, console: kind });
  const { status } = await runForStatus(command, args, { isInteractive: true, signal });
  return status;
}

interface MachineWish {
  readonly wish: BootWish;
  readonly accelerator: Accelerator;
  /** Absolute path. */
  readonly folder: string;
  /** For the user that the machine is told to make. */
  readonly publicKey?: string;
}

async function machineOptions({ wish, accelerator, folder, publicKey }: MachineWish): Promise<MachineOptions> {
  const { image, firmware, memoryMib, cpus, size, writesImage } = wish;
  return {
    ...{ image, firmware, memoryMib, cpus, size, writesImage, accelerator },
    seed: await seedOf(wish, publicKey),
    forwardsSsh: wish.ssh !== undefined,
    temporaryFolder: folder,
  };
}

/** With a seed of their own people have a user of their own: ssh finds its key as it always does, unless one is named. */
async function keyOf({ ssh, seed }: BootWish, folder: string): Promise<SshKey | undefined> {
  if (ssh === undefined || (seed !== undefined && ssh.identity === undefined)) return undefined;
  return await openSshKey(ssh.identity, folder);
}

async function seedOf({ seed, ssh }: BootWish, publicKey: string | undefined): Promise<SeedFiles | undefined> {
  if (seed !== undefined) return await readSeed(seed);
  return ssh === undefined || publicKey === undefined ? undefined : seedForUser(ssh.user, publicKey);
}

async function chooseAccelerator(caller: Caller, wish: BootWish): Promise<Accelerator> {
  if (wish.accel !== 'auto') return wish.accel;
  const verdict = await probeKvm(kvmMemory(caller));
  const what = verdict.works ? 'KVM' : `emulation, as KVM does not work here (${verdict.reason})`;
  caller.stderr.write(`Starting ${path.basename(wish.image)} with ${wish.firmware}, ${what}\n`);
  return verdict.works ? 'kvm' : 'tcg';
}

async function checkMachineTools(caller: Caller, wish: BootWish): Promise<void> {
  const seedTools = wish.seed === undefined && wish.ssh === undefined ? [] : ['mkfs.vfat', 'mcopy'];
  const sshTools = wish.ssh === undefined ? [] : ['ssh', 'ssh-keygen'];
  const tools = ['setpriv', 'qemu-system-x86_64', 'qemu-img', ...seedTools, ...sshTools];
  await requireTools(tools, 'ingot boot', caller.environment.PATH ?? '');
}

async function checkImage(image: string): Promise<void> {
  if (!isThere(image))
    throw new IngotError('USAGE', `There is no image ${image}`, { hint: 'Build one with: ingot build' });
}
