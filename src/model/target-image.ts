import type { Bytes } from './bytes.ts';

/** Filesystems that a target image may have. */
export const TARGET_FILESYSTEMS = ['ext2', 'ext3', 'ext4', 'xfs'] as const;

export type TargetFilesystem = (typeof TARGET_FILESYSTEMS)[number];

/** True for the name of a filesystem that a target image may have. */
export function isTargetFilesystem(name: string): name is TargetFilesystem {
  return TARGET_FILESYSTEMS.some((filesystem) => filesystem === name);
}

/** What the file of a target image may be packed in. */
export const TARGET_CONTAINERS = ['gzip', 'raw'] as const;

export type TargetContainer = (typeof TARGET_CONTAINERS)[number];

/** One filesystem of a target system, as a file of its own: a node writes its bytes onto a partition and lets it grow. */
export interface TargetImage {
  /** Absolute path in the target system, without a slash at its end but for the root, `/`. */
  readonly mountPoint: string;
  readonly filesystem: TargetFilesystem;
  readonly container: TargetContainer;
  /** Name of the file. */
  readonly name: string;
}

/** Length of a file or filesystem and the MD5 of its bytes, in lower-case hexadecimal. */
export interface MeasuredBytes {
  readonly size: Bytes;
  readonly md5: string;
}

/** A target image that was written. */
export interface WrittenTargetImage extends TargetImage {
  /** The filesystem, as it is on a partition before it grows. */
  readonly raw: MeasuredBytes;
  /** The file. For the container `raw` both are the same. */
  readonly file: MeasuredBytes;
}
