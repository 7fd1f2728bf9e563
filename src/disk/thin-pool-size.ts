import { type Bytes, bytes, KIB, MIB } from '../model/bytes.ts';

/** What a pool's metadata takes for each chunk, and the least and most of it that LVM gives; bytes. */
const BYTES_PER_CHUNK = 64;
const LEAST_METADATA = 2 * MIB;
const MOST_METADATA = 128 * MIB;

/**
 * Size of the chunks that a thin pool lends: 64 KiB, doubled until their bookkeeping fits 128 MiB.
 * @param data bytes of the pool
 * @see lvmthin(7), "Chunk size"
 */
export function chunkSizeOf(data: number): Bytes {
  let size = 64 * KIB;
  while ((data / size) * BYTES_PER_CHUNK > MOST_METADATA) size *= 2;
  return bytes(size);
}

/**
 * Bytes that a thin pool's bookkeeping gets.
 * @param data bytes of the pool
 * @see lvmthin(7), "Metadata size"
 */
export function metadataSizeOf(data: number): Bytes {
  return bytes(Math.max(LEAST_METADATA, (data / chunkSizeOf(data)) * BYTES_PER_CHUNK));
}
