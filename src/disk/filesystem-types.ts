interface FilesystemFacts {
  /** The most bytes its label may have; 0 where it has none. */
  readonly labelLimit: number;
  /** The module with which GRUB reads it; empty where GRUB cannot. */
  readonly grub: string;
}

/** Every filesystem that a layout may name. */
export const FILESYSTEM_TYPES = {
  ext2: { labelLimit: 16, grub: 'ext2' },
  ext3: { labelLimit: 16, grub: 'ext2' },
  ext4: { labelLimit: 16, grub: 'ext2' },
  vfat: { labelLimit: 11, grub: 'fat' },
  xfs: { labelLimit: 12, grub: 'xfs' },
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
