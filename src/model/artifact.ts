import type { Bytes } from './bytes.ts';

/** The image formats that become a file, as named by `-t`. */
const FILE_FORMATS = ['qcow2', 'raw', 'tar', 'tgz', 'vmdk', 'vdi', 'vhd', 'vhdx', 'squashfs', 'oci', 'aci'] as const;

/** The image formats that ingot knows, as named by `-t`. */
export const IMAGE_FORMATS = [...FILE_FORMATS, 'docker'] as const;

export type FileFormat = (typeof FILE_FORMATS)[number];

/** A format of a file, or `docker`, whose image goes to a daemon. */
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** True for the name of a format, such as `qcow2`. */
export function isImageFormat(name: string): name is ImageFormat {
  return IMAGE_FORMATS.some((format) => format === name);
}

/** True for a format that becomes a file. */
export function isFileFormat(name: string): name is FileFormat {
  return FILE_FORMATS.some((format) => format === name);
}

/** A finished file of a build. */
export interface Artifact {
  readonly format: FileFormat;
  /** Absolute path. */
  readonly path: string;
  /** Length of the file. */
  readonly size: Bytes;
  /** Lower-case hexadecimal digests, where they were asked for. */
  readonly digests: { readonly md5?: string; readonly sha256?: string };
}
