import { existsSync, readFileSync } from 'node:fs';
import type { TableNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import type { DiskBytes } from './disk-bytes.ts';
import { BIOS_BOOT_TYPE } from './partition-types.ts';
import type { PlacedPartition } from './place-partitions.ts';

/** Folders, below the root of a tree, where GRUB keeps its images for BIOS machines. */
const GRUB_FOLDERS = ['boot/grub/i386-pc', 'boot/grub2/i386-pc'] as const;

/** GRUB's two images as its installer leaves them in a tree. */
export interface GrubImages {
  /** The first sector. */
  readonly boot: Buffer;
  /** All that the first sector loads. */
  readonly core: Buffer;
}

/** The images in a tree; undefined when no boot loader for BIOS was installed there. */
export function readGrubImages(tree: string): GrubImages | undefined {
  const folder = GRUB_FOLDERS.map((name) => `${tree}/${name}`).find(
    (name) => existsSync(`${name}/boot.img`) && existsSync(`${name}/core.img`),
  );
  if (folder === undefined) return undefined;
  return { boot: readFileSync(`${folder}/boot.img`), core: readFileSync(`${folder}/core.img`) };
}

const SECTOR = 512;
const BOOT_CODE_BYTES = 440;

/**
 * The bytes that make a disk boot with GRUB on a BIOS machine: its first sector into the code area of the MBR, the core image behind it
 * or into the BIOS boot partition.
 * @see GRUB's include/grub/i386/pc/boot.h and util/setup.c for the fields
 * @throws IngotError `ASSEMBLE_FAILED` when there is no room for the core image
 */
export function embedGrub(
  images: GrubImages,
  table: TableNode,
  partitions: readonly PlacedPartition[],
): readonly DiskBytes[] {
  const { start, room, where } = coreSpace(table, partitions);
  const core = padded(images.core);
  if (core.length > room) {
    const hint = 'Let the first partition start at 1 MiB or later, or make the BIOS boot partition larger.';
    const message = `GRUB's core image has ${core.length} bytes, and ${where} has room for ${room}`;
    throw new IngotError('ASSEMBLE_FAILED', message, { hint });
  }
  const sector = start / SECTOR;
  return [
    { offset: 0, data: bootCode(images.boot, sector) },
    { offset: 510, data: Buffer.from([0x55, 0xaa]) },
    { offset: start, data: locatedCore(core, sector) },
  ];
}

function coreSpace(
  table: TableNode,
  partitions: readonly PlacedPartition[],
): { readonly start: number; readonly room: number; readonly where: string } {
  const bios = partitions.find((partition) => partition.node.type === BIOS_BOOT_TYPE);
  if (bios !== undefined) return { start: bios.start, room: bios.size, where: `the partition "${bios.node.name}"` };
  const [first] = partitions;
  if (table.label === 'mbr' && first !== undefined) {
    return { start: SECTOR, room: first.start - SECTOR, where: 'the gap before the first partition' };
  }
  throw new IngotError('ASSEMBLE_FAILED', 'GRUB for BIOS has no place on this disk', {
    hint: `Add a partition of type ${BIOS_BOOT_TYPE} and 8 MiB to the layout, or use an MBR table.`,
  });
}

/** The first sector knows where the core image begins, and boots from whatever disk the BIOS started. */
function bootCode(image: Buffer, core: number): Buffer {
  const code = Buffer.from(image.subarray(0, BOOT_CODE_BYTES));
  code.writeBigUInt64LE(BigInt(core), 0x5c);
  code.writeUInt8(0xff, 0x64);
  // Two bytes of "no operation" in place of the jump around the check for a sane drive number, as GRUB's installer writes for hard disks.
  code.writeUInt16LE(0x9090, 0x66);
  return code;
}

/** The first sector of the core image lists where the others lie: one run, right behind it. */
function locatedCore(core: Buffer, sector: number): Buffer {
  const located = Buffer.from(core);
  located.writeBigUInt64LE(BigInt(sector + 1), 0x1f4);
  located.writeUInt16LE(core.length / SECTOR - 1, 0x1fc);
  located.writeUInt16LE(0x820, 0x1fe);
  return located;
}

function padded(image: Buffer): Buffer {
  return Buffer.concat([image, Buffer.alloc((SECTOR - (image.length % SECTOR)) % SECTOR)]);
}
