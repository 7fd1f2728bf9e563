import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../model/error.ts';
import { ConsoleLog } from './console-log.ts';
import { sectorSizeOf } from './disk-sectors.ts';
import { type Firmware, findFirmware } from './firmware.ts';
import { type SeedFiles, writeSeed } from './nocloud-seed.ts';
import { type BackgroundProcess, run, start } from './process.ts';
import { type Accelerator, type MachineSpec, qemuArguments } from './qemu.ts';
import { freePort } from './ssh.ts';

export interface MachineOptions {
  /** Absolute path of the image. */
  readonly image: string;
  readonly firmware: Firmware;
  readonly accelerator: Accelerator;
  readonly memoryMib: number;
  readonly cpus: number;
  /** Files for cloud-init. */
  readonly seed?: SeedFiles;
  /** Size of the disk that the guest sees, in the words of `qemu-img`: `10G`. Undefined leaves the image's own. */
  readonly size?: string;
  /** True lets the guest change the image; otherwise its writes go to a file that is dropped. */
  readonly writesImage: boolean;
  /** True forwards a port of the loopback interface to the guest's SSH server. */
  readonly forwardsSsh: boolean;
  /** Folder for what lives as long as the machine. */
  readonly temporaryFolder: string;
}

/** What a machine needs, prepared: disposing removes it. */
export interface PreparedMachine extends AsyncDisposable {
  readonly spec: Omit<MachineSpec, 'console'>;
}

/** A running machine. Disposing ends it and removes what it wrote. */
export interface VirtualMachine extends AsyncDisposable {
  readonly console: ConsoleLog;
  /** Port of the loopback interface for SSH; undefined when none is forwarded. */
  readonly sshPort?: number;
  /** Writes to the serial console. */
  readonly type: (text: string) => void;
  /** Resolves with QEMU's exit status. */
  readonly ended: Promise<number>;
}

const ImageInfo = z.object({ format: z.string(), 'virtual-size': z.number() });

/**
 * Makes what a machine needs: a layer for its writes, a seed, firmware, a port.
 * @throws IngotError `TOOL_MISSING`, `USAGE` for an image that cannot be read
 */
export async function prepareMachine(options: MachineOptions): Promise<PreparedMachine> {
  const firmwareFiles = await findFirmware(options.firmware);
  const folder = await mkdtemp(join(options.temporaryFolder, 'ingot-vm-'));
  const dispose = async () => await rm(folder, { recursive: true, force: true });
  try {
    const { firmware, accelerator, memoryMib, cpus } = options;
    const spec = {
      disk: await diskOf(options, folder),
      ...{ firmware, firmwareFiles, accelerator, memoryMib, cpus },
      seed: options.seed === undefined ? undefined : await writeSeed(options.seed, folder),
      sshPort: options.forwardsSsh ? await freePort() : undefined,
    };
    return { spec, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The command that runs a prepared machine. It dies with the process that starts it. */
export function machineCommand(spec: MachineSpec): [command: string, args: string[]] {
  return ['setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...qemuArguments(spec)]];
}

/**
 * Starts a machine whose console is collected.
 * @throws IngotError as `prepareMachine`
 */
export async function startMachine(options: MachineOptions): Promise<VirtualMachine> {
  const prepared = await prepareMachine(options);
  const [command, args] = machineCommand({ ...prepared.spec, console: 'stdio' });
  const qemu = start(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const log = new ConsoleLog();
  follow(qemu, log);
  return {
    console: log,
    sshPort: prepared.spec.sshPort,
    type: (text) => qemu.child.stdin?.write(text),
    ended: qemu.ended,
    [Symbol.asyncDispose]: async () => {
      qemu.child.kill('SIGKILL');
      await qemu.ended.catch(() => {});
      await prepared[Symbol.asyncDispose]();
    },
  };
}

/** What QEMU itself complains about belongs to the story that the console tells. */
function follow(qemu: BackgroundProcess, log: ConsoleLog): void {
  for (const stream of [qemu.child.stdout, qemu.child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => log.add(chunk));
  }
  qemu.child.stdin?.on('error', () => {}); // a machine may end while something is typed
  const end = () => log.end();
  void qemu.ended.then(end, end);
}

async function diskOf(options: MachineOptions, folder: string): Promise<MachineSpec['disk']> {
  const { image, size } = options;
  const { format } = await imageInfo(image);
  const sectorSize = await sectorSizeOf(image, format, folder);
  if (options.writesImage) return { path: image, format, sectorSize };
  const overlay = join(folder, 'writes.qcow2');
  await run('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    image,
    '-F',
    format,
    overlay,
    ...(size === undefined ? [] : [size]),
  ]);
  return { path: overlay, format: 'qcow2', sectorSize };
}

async function imageInfo(image: string): Promise<z.infer<typeof ImageInfo>> {
  try {
    const { stdout } = await run('qemu-img', ['info', '--output=json', image]);
    return ImageInfo.parse(JSON.parse(stdout));
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') throw error;
    throw new IngotError('USAGE', `The image ${image} cannot be read`, {
      tail: error.details.tail?.slice(1),
      hint: 'Name a disk image that qemu-img reads, such as the qcow2 or raw file of a build.',
      cause: error,
    });
  }
}
