import { fileURLToPath } from 'node:url';

/** Absolute path of a file or folder that ships with ingot, from its place below the checkout's root. */
function shipped(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** Programs that hooks on the host side find before the machine's own. */
export const HOST_PROGRAMS = shipped('lib/host-bin');

/** Bash files that elements source through `$_LIB`. */
export const HOOK_LIBRARY = shipped('lib/dib');

/** Python modules that elements import on the host. */
export const PYTHON_MODULES = shipped('lib/python');

/** The program that runs the scripts of a folder; hooks find it at the top of the hook tree. */
export const RUN_PARTS = shipped('lib/dib/dib-run-parts');

/** Programs, folders of such, and settings for apt, that the request channel's folder shows on both sides of the chroot. */
export const CHANNEL_PROGRAMS: Readonly<Record<string, string>> = {
  'apt.conf': shipped('lib/apt.conf'),
  'ingot-request': shipped('lib/ingot-request'),
  'install-batches': shipped('lib/install-batches'),
  'dpkg-stand-ins': shipped('lib/dpkg-stand-ins'),
  'source-environment': shipped('lib/source-environment'),
  'run-hook': shipped('lib/run-hook'),
  'note-failure': shipped('lib/note-failure'),
};

/** Folder of the tree that comes before the others in the chroot's PATH. */
const FIRST_IN_PATH = 'usr/local/sbin';

/**
 * Programs that stand before the tree's own while an image is built: the initramfs is made once, when the packages are in, and the boot
 * loader meets a disk that does not exist yet. Sources, and targets below the root tree.
 */
export const STAND_INS: readonly { readonly source: string; readonly target: string }[] = [
  'update-initramfs',
  'grub-install',
  'grub-mkconfig',
  'grub-probe',
].map((name) => ({ source: shipped(`lib/stand-ins/${name}`), target: `${FIRST_IN_PATH}/${name}` }));

/** Those among them that know only the disk of a layout. */
export const GRUB_STAND_INS = STAND_INS.filter(({ target }) => target.includes('/grub-'));

/** The file in which the stand-in of update-initramfs notes that package scripts want an initramfs. */
export const INITRAMFS_WISH = `${FIRST_IN_PATH}/update-initramfs.asked`;

/** Functions for the shell of mkinitramfs, and the folder inside the tree from which it takes such files. */
export const INITRAMFS_SHORTCUTS = {
  source: shipped('lib/initramfs-shortcuts'),
  folder: '/usr/share/initramfs-tools/conf-hooks.d',
  name: 'ingot-shortcuts',
};

/** The file inside the tree whose functions mkinitramfs and its hooks call. */
export const INITRAMFS_FUNCTIONS = '/usr/share/initramfs-tools/hook-functions';

/** Quicker ones for it, and SHA-256 of those of initramfs-tools that they were compared with: 0.142, and `copy_file` of 0.148 too. */
export const QUICK_INITRAMFS_FUNCTIONS = [
  { name: 'copy_file', originals: ['51544bd45a9588e55bc4e0360c984bffb32384200502abecb9dfd99d068d0aa1'] },
  { name: 'copy_exec', originals: ['70ca8a9d8894f92800669c2993d2d03ff31a054a3409224e2d723c1f71fbe8cd'] },
  { name: 'manual_add_modules', originals: ['ddd59238c00c2aa60cfd712f12a8a7004641ac86508124ff7b81b22f6d43c825'] },
  { name: 'ln' },
].map((quick) => ({ ...quick, source: shipped(`lib/initramfs-functions/${quick.name}`) }));
