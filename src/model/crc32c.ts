const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  return value >>> 0;
});

/**
 * CRC-32C as ext4 uses it: without the inversions at start and end, so that parts can be chained.
 * @param seed result of the part before, or 0xffffffff
 */
export function crc32c(seed: number, data: Uint8Array): number {
  let sum = seed;
  for (const byte of data) sum = (sum >>> 8) ^ (TABLE[(sum ^ byte) & 0xff] ?? 0);
  return sum >>> 0;
}
