import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { IngotError } from '../model/error.ts';
import { identifierOf } from './identifier.ts';
import { qemuImgWriter } from './qemu-img.ts';

/** Where the header of a sparse extent says in which sectors its descriptor is. @see VMware, Virtual Disk Format 5.0 */
const DESCRIPTOR_START = 28;
const DESCRIPTOR_SECTORS = 36;
const SECTOR = 512;

/**
 * `vmdk`, as `qemu-img` writes it, but for two things in its descriptor: the content id, which is random, and the name of the file, which
 * has another one while it is written.
 */
export const vmdkFormat = qemuImgWriter({
  format: 'vmdk',
  holdsItsName: true,
  settle: async ({ target, path, identity }) => {
    await using file = await open(target, 'r+');
    const header = Buffer.alloc(SECTOR);
    await file.read(header, 0, SECTOR, 0);
    const start = Number(header.readBigUInt64LE(DESCRIPTOR_START)) * SECTOR;
    const room = Number(header.readBigUInt64LE(DESCRIPTOR_SECTORS)) * SECTOR;
    const descriptor = Buffer.alloc(room);
    await file.read(descriptor, 0, room, start);
    const text = descriptor
      .toString('utf8', 0, descriptor.indexOf(0))
      .replace(/^CID=.*$/m, `CID=${identifierOf(identity, 'vmdk').toString('hex', 0, 4)}`)
      .replace(`"${basename(target)}"`, () => `"${basename(path)}"`);
    if (Buffer.byteLength(text) > room) throw new IngotError('INTERNAL', 'The descriptor of the vmdk has no room');
    await file.write(Buffer.alloc(room).fill(text, 0, Buffer.byteLength(text)), 0, room, start);
  },
});
