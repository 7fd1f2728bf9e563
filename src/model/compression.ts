/** Least and most level of a compression; undefined where it has none. */
type Levels = readonly [least: number, most: number] | undefined;

/** The compressions of each format that has a choice, the usual one of the DIB commands first. */
export const COMPRESSIONS = {
  qcow2: { zlib: [1, 9], zstd: undefined, none: undefined },
  tgz: { gzip: [1, 9] },
  squashfs: { xz: undefined, zstd: [1, 22], gzip: [1, 9], lz4: undefined },
  oci: { gzip: [1, 9], zstd: [1, 19], none: undefined },
} as const satisfies Record<string, Record<string, Levels>>;

export type CompressedFormat = keyof typeof COMPRESSIONS;

/** A chosen compression of a format. */
export interface Compression<Format extends CompressedFormat = CompressedFormat> {
  readonly kind: KindOf<Format>;
  /** Undefined leaves it to the program that compresses. */
  readonly level?: number;
}

type KindOf<Format extends CompressedFormat> = Format extends CompressedFormat
  ? Extract<keyof (typeof COMPRESSIONS)[Format], string>
  : never;
