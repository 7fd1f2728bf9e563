import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { probeKvm } from '../../src/host/kvm.ts';
import { run } from '../../src/host/process.ts';
import { qemuArguments } from '../../src/host/qemu.ts';
import { scratchFolder } from './scratch-folder.ts';

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
  await using folder = await scratchFolder();
  const disk = join(folder.path, 'disk.raw');
  await writeFile(disk, '');
  await truncate(disk, 64 * 1024 * 1024);
  const machine = qemuArguments({
    disk: { path: disk, format: 'raw', sectorSize: 512 },
    firmware: 'bios',
    accelerator: (await probeKvm()).works ? 'kvm' : 'tcg',
    memoryMib,
    cpus: 1,
    console: 'stdio',
  });
  const words = ['-kernel', `${files}.kernel`, '-initrd', `${files}.initramfs`];
  const { stdout } = await run('qemu-system-x86_64', [...machine, ...words, '-append', `console=ttyS0 ${parameters}`], {
    signal: AbortSignal.timeout(ms),
  });
  return stdout;
}
