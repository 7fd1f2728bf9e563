/** A program of the machine that ingot runs. */
export interface HostTool {
  readonly command: string;
  /** Debian's package that has it. */
  readonly package: string;
  /** What needs it, in the words of `ingot doctor`. */
  readonly feature: string;
  /**
   * The work that it is for: `build` for any image, `rootless` for builds by others than root, `device` for what needs a kernel block
   * device, `elements` for hooks of elements that run on the host, `boot` for running images, `service` for what nobody wants unasked,
   * such as the program of a service.
   */
  readonly use: 'build' | 'rootless' | 'device' | 'boot' | 'elements' | 'service';
  /** A file that proves its presence where it is not a program on PATH. */
  readonly file?: string;
}

/** Every host program ingot may run. `ingot doctor` reads this table. */
export const HOST_TOOLS: readonly HostTool[] = [
  { command: 'unshare', package: 'util-linux', feature: 'every build', use: 'build' },
  { command: 'setpriv', package: 'util-linux', feature: 'every build', use: 'build' },
  { command: 'mount', package: 'mount', feature: 'every build', use: 'build' },
  { command: 'flock', package: 'util-linux', feature: 'every build', use: 'build' },
  { command: 'bash', package: 'bash', feature: 'every build', use: 'build' },
  { command: 'tar', package: 'tar', feature: 'every build', use: 'build' },
  { command: 'newuidmap', package: 'uidmap', feature: 'builds without root', use: 'rootless' },
  { command: 'grep', package: 'grep', feature: 'Debian and Ubuntu roots', use: 'build' },
  { command: 'apt-get', package: 'apt', feature: 'Debian and Ubuntu roots', use: 'build' },
  { command: 'dpkg-deb', package: 'dpkg', feature: 'Debian and Ubuntu roots', use: 'build' },
  { command: 'gpgv', package: 'gpgv', feature: 'signature checks', use: 'build' },
  {
    command: 'debian-archive-keyring',
    package: 'debian-archive-keyring',
    feature: 'Debian roots',
    use: 'build',
    file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  { command: 'xz', package: 'xz-utils', feature: 'Debian and Ubuntu roots', use: 'build' },
  { command: 'zstd', package: 'zstd', feature: 'Debian and Ubuntu roots', use: 'build' },
  { command: 'dnf', package: 'dnf', feature: 'roots of RPM distributions', use: 'elements' },
  { command: 'rpm', package: 'rpm', feature: 'roots of RPM distributions', use: 'elements' },
  { command: 'mke2fs', package: 'e2fsprogs', feature: 'ext2, ext3 and ext4 filesystems', use: 'build' },
  { command: 'debugfs', package: 'e2fsprogs', feature: 'ext2, ext3 and ext4 filesystems', use: 'build' },
  { command: 'mkfs.vfat', package: 'dosfstools', feature: 'UEFI images', use: 'build' },
  { command: 'mcopy', package: 'mtools', feature: 'UEFI images', use: 'build' },
  { command: 'mkfs.xfs', package: 'xfsprogs', feature: 'XFS filesystems', use: 'device' },
  {
    command: 'losetup',
    package: 'mount',
    feature: 'XFS filesystems, base images with XFS or btrfs, and hooks that need a block device',
    use: 'device',
  },
  { command: 'partx', package: 'util-linux', feature: 'hooks that need a block device', use: 'device' },
  { command: 'fstrim', package: 'util-linux', feature: 'hooks that need a block device', use: 'device' },
  { command: 'fallocate', package: 'util-linux', feature: 'hooks that need a block device', use: 'device' },
  { command: 'mkfs.btrfs', package: 'btrfs-progs', feature: 'btrfs filesystems', use: 'build' },
  { command: 'mkfs.erofs', package: 'erofs-utils', feature: 'erofs filesystems', use: 'build' },
  { command: 'thin_restore', package: 'thin-provisioning-tools', feature: 'thin volumes of LVM', use: 'build' },
  { command: 'mkswap', package: 'util-linux', feature: 'swap space', use: 'build' },
  { command: 'qemu-img', package: 'qemu-utils', feature: 'qcow2, vmdk, vdi, vhd and vhdx images', use: 'build' },
  { command: 'pigz', package: 'pigz', feature: 'tgz and oci images, and target images under gzip', use: 'build' },
  { command: 'libdeflate-gzip', package: 'libdeflate-tools', feature: 'target images under gzip', use: 'build' },
  { command: 'openssl', package: 'openssl', feature: 'passwords in requests of fuel-image', use: 'build' },
  { command: 'mksquashfs', package: 'squashfs-tools', feature: 'squashfs images and filesystems', use: 'build' },
  { command: 'unsquashfs', package: 'squashfs-tools', feature: 'base images in squashfs', use: 'build' },
  { command: 'fuse2fs', package: 'fuse2fs', feature: 'base images of disks with ext4', use: 'build' },
  { command: 'docker', package: 'docker.io', feature: 'the format docker', use: 'service' },
  { command: 'partx', package: 'util-linux', feature: 'disk-image-get-kernel', use: 'build' },
  { command: 'blkid', package: 'util-linux', feature: 'disk-image-get-kernel', use: 'build' },
  { command: 'curl', package: 'curl', feature: 'the elements cache-url and source-repositories', use: 'elements' },
  { command: 'git', package: 'git', feature: 'the element source-repositories', use: 'elements' },
  { command: 'skopeo', package: 'skopeo', feature: 'base images that are archives of containers', use: 'service' },
  { command: 'umoci', package: 'umoci', feature: 'base images that are archives of containers', use: 'service' },
  { command: 'podman', package: 'podman', feature: 'the element containerfile', use: 'service' },
  { command: 'xorriso', package: 'xorriso', feature: 'the element iso', use: 'elements' },
  { command: 'mkimage', package: 'u-boot-tools', feature: 'the element uboot', use: 'elements' },
  { command: 'flake8', package: 'flake8', feature: 'Python programs in dib-lint', use: 'service' },
  {
    command: 'debootstrap',
    package: 'debootstrap',
    feature: "DIB_DEBIAN_DEBOOTSTRAP_SCRIPT and diskimage-builder's own element debootstrap",
    use: 'elements',
  },
  {
    command: 'python3-yaml',
    package: 'python3-yaml',
    feature: "diskimage-builder's own elements package-installs and svc-map",
    use: 'elements',
    file: '/usr/lib/python3/dist-packages/yaml/__init__.py',
  },
  { command: 'qemu-system-x86_64', package: 'qemu-system-x86', feature: 'ingot boot', use: 'boot' },
  {
    command: 'OVMF',
    package: 'ovmf',
    feature: 'ingot boot under UEFI',
    use: 'boot',
    file: '/usr/share/OVMF/OVMF_CODE_4M.fd',
  },
  { command: 'ssh-keygen', package: 'openssh-client', feature: 'ingot boot --ssh', use: 'boot' },
  { command: 'ssh', package: 'openssh-client', feature: 'ingot boot --ssh', use: 'boot' },
];

/** Debian's package that has a program, as far as ingot knows it. */
export function packageOfTool(command: string): string | undefined {
  return HOST_TOOLS.find((tool) => tool.command === command)?.package;
}
