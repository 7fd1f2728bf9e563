import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsoleLog } from '../../src/host/console-log.ts';
import { type Firmware, findFirmware } from '../../src/host/firmware.ts';
import { probeKvm } from '../../src/host/kvm.ts';
import { run, start } from '../../src/host/process.ts';
import { qemuArguments } from '../../src/host/qemu.ts';
import { folderTree } from './folder-tree.ts';

/** The address that QEMU gives a guest's first network interface. */
export const MAC_ADDRESS = '52:54:00:12:34:56';

/**
 * Boots a kernel with a ramdisk on a machine with an empty disk, until the guest restarts.
 * @param files `NAME.kernel` and `NAME.initramfs` without their extensions
 * @param parameters words for the kernel's command line
 * @param ms time after which the machine is stopped, in milliseconds
 * @param memoryMib memory; the ramdisk's files lie in at most half of it
 * @returns what the serial console showed
 */
export async function bootRamdisk(files: string, parameters: string, ms: number, memoryMib = 1024): Promise<string> {
  await using machine = await emptyMachine('bios', memoryMib);
  const words = ['-kernel', `${files}.kernel`, '-initrd', `${files}.initramfs`];
  const call = [...machine.words, ...words, '-append', `console=ttyS0 ${parameters}`];
  const { stdout } = await run('qemu-system-x86_64', call, { signal: AbortSignal.timeout(ms) });
  return stdout;
}

/**
 * Boots a kernel with a ramdisk, as `bootRamdisk` does, until a pattern comes on the serial console; then the machine is stopped.
 * @param ms time within which the pattern has to come, in milliseconds
 * @returns the line with the pattern; fails with the end of the console when it does not come
 */
export async function bootRamdiskUntil(files: string, pattern: RegExp, ms: number, memoryMib: number): Promise<string> {
  await using machine = await emptyMachine('bios', memoryMib);
  const words = ['-kernel', `${files}.kernel`, '-initrd', `${files}.initramfs`, '-append', 'console=ttyS0'];
  return await lineOf([...machine.words, ...words], pattern, ms);
}

/**
 * Boots an ISO image from a CD drive until a pattern comes on the serial console; then the machine is stopped.
 * @param ms time within which the pattern has to come, in milliseconds
 * @returns the line with the pattern; fails with the end of the console when it does not come
 */
export async function bootIso(iso: string, firmware: Firmware, pattern: RegExp, ms: number): Promise<string> {
  await using machine = await emptyMachine(firmware, 1024);
  const drive = ['-drive', `file=${iso},format=raw,if=none,id=cd,media=cdrom`];
  const words = [...machine.words, ...drive, '-device', 'ide-cd,drive=cd,bootindex=0'];
  return await lineOf(words, pattern, ms);
}

async function lineOf(words: readonly string[], pattern: RegExp, ms: number): Promise<string> {
  const qemu = start('qemu-system-x86_64', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const log = new ConsoleLog();
  qemu.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => log.add(chunk));
  const end = () => log.end();
  void qemu.ended.then(end, end);
  const wait = await log.waitFor(pattern, ms);
  qemu.child.kill('SIGKILL');
  await qemu.ended.catch(() => {});
  if (wait.kind === 'matched') return wait.line;
  throw new Error(`No ${pattern}; the console ends with:\n${log.tail.join('\n')}`);
}

interface EmptyMachine extends AsyncDisposable {
  readonly words: readonly string[];
}

/** The words for a machine with an empty disk of 64 MiB. */
async function emptyMachine(firmware: Firmware, memoryMib: number): Promise<EmptyMachine> {
  const folder = await folderTree();
  const disk = join(folder.path, 'disk.raw');
  await writeFile(disk, '');
  await truncate(disk, 64 * 1024 * 1024);
  const words = qemuArguments({
    disk: { path: disk, format: 'raw', sectorSize: 512 },
    firmware,
    firmwareFiles: await findFirmware(firmware),
    accelerator: (await probeKvm()).works ? 'kvm' : 'tcg',
    memoryMib,
    cpus: 1,
    console: 'stdio',
  });
  return { words, [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose]() };
}
