import { fileURLToPath } from 'node:url';

/** Absolute path of a file or folder that ships with ingot, from its place below the checkout's root. */
function shipped(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** Programs that hooks on the host side find before the machine's own. */
export const HOST_PROGRAMS = shipped('lib/host-bin');

/** Bash files that elements source through `$_LIB`. */
export const HOOK_LIBRARY = shipped('lib/dib');

/** Programs that the request channel's folder shows on both sides of the chroot. */
export const CHANNEL_PROGRAMS: Readonly<Record<string, string>> = {
  'ingot-request': shipped('lib/ingot-request'),
  'source-environment': shipped('lib/source-environment'),
  'run-hook': shipped('lib/run-hook'),
  'note-failure': shipped('lib/note-failure'),
};

/** The program that stands before the tree's `update-initramfs`, and where it stands. */
export const INITRAMFS_STAND_IN = {
  source: shipped('lib/stand-ins/update-initramfs'),
  target: 'usr/local/sbin/update-initramfs',
};

/** Programs that stand for the tree's own while it has no disk yet: boot loaders are put on the disk by the engine. */
export const BOOT_STAND_INS: readonly { readonly source: string; readonly target: string }[] = [
  { source: shipped('lib/stand-ins/grub-install'), target: 'usr/sbin/grub-install' },
  { source: shipped('lib/stand-ins/grub-probe'), target: 'usr/sbin/grub-probe' },
];
