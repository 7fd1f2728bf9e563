/** A filesystem that can be made, and the most characters its label may have. */
export const FILESYSTEM_TYPES = {
  ext2: { labelLimit: 16 },
  ext3: { labelLimit: 16 },
  ext4: { labelLimit: 16 },
  vfat: { labelLimit: 11 },
  xfs: { labelLimit: 12 },
} as const satisfies Record<string, { readonly labelLimit: number }>;

export type FilesystemType = keyof typeof FILESYSTEM_TYPES;

/** True for the name of a filesystem that can be made, such as `ext4`. */
export function isFilesystemType(type: string): type is FilesystemType {
  return Object.hasOwn(FILESYSTEM_TYPES, type);
}

/** Label of a root filesystem that was given none; cloud-init and the cloud images of the distributions know it. XFS has no room for it. */
export function defaultRootLabel(type: string): string {
  return type === 'xfs' ? 'img-rootfs' : 'cloudimg-rootfs';
}
