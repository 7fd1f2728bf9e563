import { open } from 'node:fs/promises';
import type { FormatWriter } from './format-writer.ts';
import { identifierOf } from './identifier.ts';
import { convertDisk } from './qemu-img.ts';

/** Bytes of the footer, of which a dynamic disk has a copy at its front. */
const FOOTER = 512;
/** Where the fields of the footer are. @see Microsoft, Virtual Hard Disk Image Format Specification */
const TIMESTAMP = 24;
const CHECKSUM = 64;
const UUID = 68;
/** Times of the format count from 2000-01-01 in UTC. */
const FIRST_SECOND = 946_684_800;

/**
 * `vhd`: a dynamic disk of exactly the size of the raw one, which `qemu-img` would otherwise round up to whole cylinders. Options for
 * `qemu-img` do not apply, as little as in diskimage-builder, whose users ask for `vhd` and for a `compat` of qcow2 in one call.
 */
export const vhdFormat = {
  source: 'disk',
  extension: 'vhd',
  tools: () => ['qemu-img'],
  keepsOldImage: true,
  neededBytes: ({ diskAllocated }) => diskAllocated,
  write: async (input) => {
    await convertDisk(input, { format: 'vpc', options: ['subformat=dynamic', 'force_size=on'], isCompressed: false });
    await settleFooters(input);
  },
} as const satisfies FormatWriter;

/** Replaces the moment and the random UUID that `qemu-img` writes into both footers. */
async function settleFooters({
  target,
  identity,
  epoch,
}: {
  readonly target: string;
  readonly identity: string;
  readonly epoch: number;
}): Promise<void> {
  await using file = await open(target, 'r+');
  const footer = Buffer.alloc(FOOTER);
  await file.read(footer, 0, FOOTER, 0);
  footer.writeUInt32BE(Math.max(0, epoch - FIRST_SECOND), TIMESTAMP);
  identifierOf(identity, 'vhd').copy(footer, UUID);
  footer.writeUInt32BE(0, CHECKSUM);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, CHECKSUM);
  const { size } = await file.stat();
  for (const offset of [0, size - FOOTER]) await file.write(footer, 0, FOOTER, offset);
}
