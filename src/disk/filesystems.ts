import { writeBtrfs } from './btrfs-filesystem.ts';
import { writeErofs } from './erofs-filesystem.ts';
import { writeExtFilesystem } from './ext-filesystem.ts';
import type { FilesystemWriter } from './filesystem-request.ts';
import type { FilesystemType } from './filesystem-types.ts';
import { writeSquashfs } from './squashfs-filesystem.ts';
import { writeSwapSpace } from './swap-space.ts';
import { writeVfatFilesystem } from './vfat-filesystem.ts';
import { writeXfsFilesystem } from './xfs-filesystem.ts';

/** How each filesystem is made. */
export const FILESYSTEM_WRITERS = {
  ext2: { write: writeExtFilesystem, isInPlace: true },
  ext3: { write: writeExtFilesystem, isInPlace: true },
  ext4: { write: writeExtFilesystem, isInPlace: true },
  vfat: { write: writeVfatFilesystem, isInPlace: true },
  xfs: { write: writeXfsFilesystem, isInPlace: true },
  btrfs: { write: writeBtrfs, isInPlace: false },
  squashfs: { write: writeSquashfs, isInPlace: false },
  erofs: { write: writeErofs, isInPlace: false },
  swap: { write: writeSwapSpace, isInPlace: false },
} as const satisfies Record<FilesystemType, FilesystemWriter>;
