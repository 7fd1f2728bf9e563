import { createHash } from 'node:crypto';

/**
 * Where every identifier of a disk comes from: a text that is the same for the same plan. Filesystem UUIDs, partition GUIDs, the disk's
 * own and hash seeds are derived from it, so that two builds of one plan give the same bytes.
 */
export type DiskIdentity = string;

/** Where the identifiers come from that every disk of an image has: its own, and those of its partitions. */
export function identityOfDisk(identity: DiskIdentity, disk: string): DiskIdentity {
  return disk === 'image0' ? identity : `${identity} disk ${disk}`;
}

/**
 * An identifier for one subject, such as `filesystem mkfs_root`.
 * @returns a UUID of version 8 (RFC 9562: made from a digest), in lower case
 */
export function uuidFrom(identity: DiskIdentity, subject: string): string {
  const digest = digestOf(identity, subject);
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A number of 32 bits for one subject, never 0: MBR disk signatures and FAT serial numbers. */
export function serialFrom(identity: DiskIdentity, subject: string): number {
  return digestOf(identity, subject).readUInt32LE(0) || 1;
}

/** UUID of a filesystem: its own, or one from the disk's identity. */
export function filesystemUuid(
  identity: DiskIdentity,
  node: { readonly name: string; readonly uuid?: string },
): string {
  return node.uuid ?? uuidFrom(identity, `filesystem ${node.name}`);
}

/** Serial number of a FAT filesystem: eight hexadecimal digits in lower case. */
export function fatSerial(identity: DiskIdentity, node: { readonly name: string }): string {
  return serialFrom(identity, `filesystem ${node.name}`).toString(16).padStart(8, '0');
}

const LVM_DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** An identifier of LVM for one subject: 32 letters and digits, in groups of 6, 4, 4, 4, 4, 4 and 6. */
export function lvmUuid(identity: DiskIdentity, subject: string): string {
  const digits = [...digestOf(identity, subject)].map((byte) => LVM_DIGITS.charAt(byte % LVM_DIGITS.length)).join('');
  return digits.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7');
}

function digestOf(identity: DiskIdentity, subject: string): Buffer {
  return createHash('sha256').update(`${identity}\0${subject}`).digest();
}
