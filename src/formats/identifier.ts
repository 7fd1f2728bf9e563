import { createHash } from 'node:crypto';

/**
 * An identifier for one subject of an image file, such as `vdi image`, in place of the random one that `qemu-img` gives.
 * @param identity the same for the same content, as in `FormatInput`
 * @returns the 16 bytes of a UUID of version 8 (RFC 9562: made from a digest)
 */
export function identifierOf(identity: string, subject: string): Buffer {
  const digest = createHash('sha256').update(`${identity}\0${subject}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return digest.subarray(0, 16);
}
