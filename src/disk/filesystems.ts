import { writeExtFilesystem } from './ext-filesystem.ts';
import type { FilesystemWriter } from './filesystem-request.ts';
import type { FilesystemType } from './filesystem-types.ts';
import { writeVfatFilesystem } from './vfat-filesystem.ts';
import { writeXfsFilesystem } from './xfs-filesystem.ts';

/** How each filesystem is made. */
export const FILESYSTEM_WRITERS = {
  ext2: { write: writeExtFilesystem, isInPlace: true },
  ext3: { write: writeExtFilesystem, isInPlace: true },
  ext4: { write: writeExtFilesystem, isInPlace: true },
  vfat: { write: writeVfatFilesystem, isInPlace: true },
  xfs: { write: writeXfsFilesystem, isInPlace: true },
} as const satisfies Record<FilesystemType, FilesystemWriter>;
