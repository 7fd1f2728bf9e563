/** A program of the machine that ingot runs. */
export interface HostTool {
  readonly command: string;
  /** Debian's package that has it. */
  readonly package: string;
  /** What needs it, in the words of `ingot doctor`. */
  readonly feature: string;
  /** A file that proves its presence where it is not a program on PATH. */
  readonly file?: string;
}

/** Every host program ingot may run. `ingot doctor` reads this table. */
export const HOST_TOOLS: readonly HostTool[] = [
  { command: 'unshare', package: 'util-linux', feature: 'every build' },
  { command: 'setpriv', package: 'util-linux', feature: 'every build' },
  { command: 'mount', package: 'mount', feature: 'every build' },
  { command: 'flock', package: 'util-linux', feature: 'every build' },
  { command: 'bash', package: 'bash', feature: 'every build' },
  { command: 'tar', package: 'tar', feature: 'every build' },
  { command: 'newuidmap', package: 'uidmap', feature: 'builds without root' },
  { command: 'apt-get', package: 'apt', feature: 'Debian and Ubuntu roots' },
  { command: 'dpkg-deb', package: 'dpkg', feature: 'Debian and Ubuntu roots' },
  { command: 'gpgv', package: 'gpgv', feature: 'signature checks' },
  {
    command: 'debian-archive-keyring',
    package: 'debian-archive-keyring',
    feature: 'Debian roots',
    file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  { command: 'xz', package: 'xz-utils', feature: 'Debian and Ubuntu roots' },
  { command: 'zstd', package: 'zstd', feature: 'Debian and Ubuntu roots' },
  { command: 'mke2fs', package: 'e2fsprogs', feature: 'ext2, ext3 and ext4 filesystems' },
  { command: 'debugfs', package: 'e2fsprogs', feature: 'ext2, ext3 and ext4 filesystems' },
  { command: 'sfdisk', package: 'fdisk', feature: 'partitioned images' },
  { command: 'mkfs.vfat', package: 'dosfstools', feature: 'UEFI images' },
  { command: 'mcopy', package: 'mtools', feature: 'UEFI images' },
  { command: 'grub-mkimage', package: 'grub-common', feature: 'BIOS boot' },
  { command: 'qemu-img', package: 'qemu-utils', feature: 'qcow2, vmdk, vdi and vhdx images' },
  { command: 'pigz', package: 'pigz', feature: 'tgz images' },
  { command: 'qemu-system-x86_64', package: 'qemu-system-x86', feature: 'ingot boot' },
  { command: 'OVMF', package: 'ovmf', feature: 'ingot boot under UEFI', file: '/usr/share/OVMF/OVMF_CODE_4M.fd' },
  { command: 'ssh', package: 'openssh-client', feature: 'ingot boot --ssh' },
];

/** Debian's package that has a program, as far as ingot knows it. */
export function packageOfTool(command: string): string | undefined {
  return HOST_TOOLS.find((tool) => tool.command === command)?.package;
}
