import type { Bytes } from './bytes.ts';

/** The image formats that ingot writes, as named by `-t`. */
export const IMAGE_FORMATS = ['qcow2', 'raw', 'tar', 'tgz', 'vmdk', 'vdi', 'vhd', 'vhdx', 'squashfs', 'aci'] as const;

export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** True for the name of a format, such as `qcow2`. */
export function isImageFormat(name: string): name is ImageFormat {
  return IMAGE_FORMATS.some((format) => format === name);
}

/** A finished file of a build. */
export interface Artifact {
  readonly format: ImageFormat;
  /** Absolute path. */
  readonly path: string;
  /** Length of the file. */
  readonly size: Bytes;
  /** Lower-case hexadecimal digests, where they were asked for. */
  readonly digests: { readonly md5?: string; readonly sha256?: string };
}
