import { type FileHandle, open } from 'node:fs/promises';
import type { Extent } from '../host/extents.ts';
import { MIB } from '../model/bytes.ts';
import type { DiskSpan } from './disk-bytes.ts';

/** A stretch of a disk and what it gets. */
export interface FilePiece extends DiskSpan {
  /** Offset in a file, in bytes. */
  readonly from: number;
}

/** The pieces of a file that stretches of disks get, one after the other from its first byte on. */
export function inOrder(spans: readonly DiskSpan[]): readonly FilePiece[] {
  let from = 0;
  return spans.map((span) => {
    const piece = { ...span, from };
    from += span.size;
    return piece;
  });
}

/**
 * Copies the data of a sparse file onto stretches of disks that read as zeros; holes stay holes.
 * @param extents where the file has data
 * @param diskOf gives the open file of a disk
 */
export async function copyExtents(
  path: string,
  extents: readonly Extent[],
  pieces: readonly FilePiece[],
  diskOf: (name: string) => FileHandle,
  signal?: AbortSignal,
): Promise<void> {
  const file = await open(path, 'r');
  const buffer = Buffer.alloc(MIB);
  try {
    for (const piece of pieces) {
      const pieceEnd = piece.from + piece.size;
      for (const { start, length } of extents) {
        const end = Math.min(start + length, pieceEnd);
        for (let at = Math.max(start, piece.from); at < end; ) {
          signal?.throwIfAborted();
          const { bytesRead } = await file.read(buffer, 0, Math.min(MIB, end - at), at);
          if (bytesRead === 0) break;
          await diskOf(piece.disk).write(buffer, 0, bytesRead, piece.start + at - piece.from);
          at += bytesRead;
        }
      }
    }
  } finally {
    await file.close();
  }
}
