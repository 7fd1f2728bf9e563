/** What is known of a type of filesystem. */
export interface FilesystemFacts {
  /** The most bytes its label may have; 0 where it has none. */
  readonly labelLimit: number;
  /** The module with which GRUB reads it; empty where GRUB cannot. */
  readonly grub: string;
  /** Programs of the machine that make it. */
  readonly tools: readonly string[];
  /** True where nothing can be written to it later. */
  readonly isReadOnly?: boolean;
}

/** Every filesystem that a layout may name. */
export const FILESYSTEM_TYPES = {
  ext2: { labelLimit: 16, grub: 'ext2', tools: ['mke2fs', 'debugfs'] },
  ext3: { labelLimit: 16, grub: 'ext2', tools: ['mke2fs', 'debugfs'] },
  ext4: { labelLimit: 16, grub: 'ext2', tools: ['mke2fs', 'debugfs'] },
  vfat: { labelLimit: 11, grub: 'fat', tools: ['mkfs.vfat', 'mmd', 'mcopy'] },
  xfs: { labelLimit: 12, grub: 'xfs', tools: ['mkfs.xfs', 'losetup'] },
  btrfs: { labelLimit: 255, grub: 'btrfs', tools: ['mkfs.btrfs', 'qemu-img'] },
  squashfs: { labelLimit: 0, grub: 'squash4', tools: ['mksquashfs', 'qemu-img'], isReadOnly: true },
  erofs: { labelLimit: 15, grub: '', tools: ['mkfs.erofs', 'qemu-img'], isReadOnly: true },
  swap: { labelLimit: 16, grub: '', tools: ['mkswap', 'qemu-img'] },
} as const satisfies Record<string, FilesystemFacts>;

export type FilesystemType = keyof typeof FILESYSTEM_TYPES;

/** True for the name of a filesystem that a layout may name, such as `ext4`. */
export function isFilesystemType(type: string): type is FilesystemType {
  return Object.hasOwn(FILESYSTEM_TYPES, type);
}

/**
 * Label of a root filesystem that was given none: the one that cloud-init and the cloud images of the distributions know, where it is not too
 * long.
 */
export function defaultRootLabel(type: string): string {
  return type === 'xfs' ? 'img-rootfs' : 'cloudimg-rootfs';
}

/** The programs that filesystems of some types take, each once. */
export function filesystemTools(types: readonly string[]): readonly string[] {
  const known = types.filter(isFilesystemType);
  return [...new Set(known.flatMap((type) => FILESYSTEM_TYPES[type].tools))];
}
