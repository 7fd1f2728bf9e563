import { readFile } from 'node:fs/promises';
import { run } from '../../src/host/process.ts';
import type { Workshop } from './cli.ts';
import type { FileTexts } from './folder-tree.ts';

/** The element `ramdisk-os`, which makes the fake operating system one that ramdisks can be built from. */
export const RAMDISK_OS: FileTexts = {
  'ramdisk-os/root.d/50-ramdisk-os': `exec:${await readFile(new URL('make-ramdisk-os', import.meta.url), 'utf8')}`,
  'ramdisk-os/environment.d/10-distro': 'export DISTRO_NAME=debian DIB_RELEASE=bookworm\n',
};

/** Unpacks the ramdisk that a workshop has built, by the tools of this machine. @returns the folder with its files */
export async function unpackRamdisk(shop: Workshop): Promise<string> {
  const folder = shop.at('unpacked');
  await run('mkdir', ['-p', folder]);
  await run('gzip', ['--decompress', '--keep', '--force', '--suffix', '.initramfs', shop.at('image.initramfs')]);
  const extract = ['--extract', '--make-directories', '--unconditional', '--quiet', '--file', shop.at('image')];
  await run('cpio', extract, { cwd: folder });
  return folder;
}
