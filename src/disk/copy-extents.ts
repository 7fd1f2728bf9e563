import { type FileHandle, open } from 'node:fs/promises';
import { dataExtents } from '../host/extents.ts';
import { MIB } from '../model/bytes.ts';
import type { DiskSpan } from './disk-bytes.ts';

/**
 * Copies the data of a sparse file onto stretches of disks that read as zeros, in their order; holes stay holes. The stretches together are
 * as long as the file, or longer.
 * @param diskOf gives the open file of a disk
 */
export async function copyExtents(
  path: string,
  spans: readonly DiskSpan[],
  diskOf: (name: string) => FileHandle,
  signal?: AbortSignal,
): Promise<void> {
  const extents = await dataExtents(path, signal);
  const file = await open(path, 'r');
  const buffer = Buffer.alloc(MIB);
  try {
    let spanStart = 0;
    for (const span of spans) {
      const spanEnd = spanStart + span.size;
      for (const { start, length } of extents) {
        const end = Math.min(start + length, spanEnd);
        for (let at = Math.max(start, spanStart); at < end; ) {
          signal?.throwIfAborted();
          const { bytesRead } = await file.read(buffer, 0, Math.min(MIB, end - at), at);
          if (bytesRead === 0) break;
          await diskOf(span.disk).write(buffer, 0, bytesRead, span.start + at - spanStart);
          at += bytesRead;
        }
      }
      spanStart = spanEnd;
    }
  } finally {
    await file.close();
  }
}
