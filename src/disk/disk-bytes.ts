import type { FileHandle } from 'node:fs/promises';
import type { Bytes } from '../model/bytes.ts';

/** A stretch of a disk. */
export interface DiskSpan {
  /** Name of the disk. */
  readonly disk: string;
  /** From the beginning of the disk. */
  readonly start: Bytes;
  readonly size: Bytes;
}

/** Bytes that belong at an offset of a disk. */
export interface DiskBytes {
  /** From the beginning of the disk. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** Writes each piece at its place. */
export async function writeDiskBytes(file: FileHandle, pieces: readonly DiskBytes[]): Promise<void> {
  for (const { offset, data } of pieces) await file.write(data, 0, data.length, offset);
}
