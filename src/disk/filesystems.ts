import { writeExtFilesystem } from './ext-filesystem.ts';
import type { FilesystemWriter } from './filesystem-request.ts';
import type { FilesystemType } from './filesystem-types.ts';
import { writeVfatFilesystem } from './vfat-filesystem.ts';
import { writeXfsFilesystem } from './xfs-filesystem.ts';

/** What makes each filesystem. */
export const FILESYSTEM_WRITERS = {
  ext2: writeExtFilesystem,
  ext3: writeExtFilesystem,
  ext4: writeExtFilesystem,
  vfat: writeVfatFilesystem,
  xfs: writeXfsFilesystem,
} as const satisfies Record<FilesystemType, FilesystemWriter>;
