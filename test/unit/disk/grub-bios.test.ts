import { expect, test } from 'vitest';
import { embedGrub, readGrubImages } from '../../../src/disk/grub-bios.ts';
import { placePartitions } from '../../../src/disk/place-partitions.ts';
import { bytes, MIB } from '../../../src/model/bytes.ts';
import type { PartitionNode, TableNode } from '../../../src/model/disk.ts';
import { folderTree } from '../../support/folder-tree.ts';

const IMAGES = { boot: Buffer.alloc(512, 0xbb), core: Buffer.alloc(1200, 0xcc) };

function disk(label: 'mbr' | 'gpt', ...types: readonly string[]) {
  const partitions = types.map(
    (type, index): PartitionNode => ({
      kind: 'partition',
      name: `p${index}`,
      type,
      flags: ['primary'],
      size: { kind: 'bytes', bytes: bytes(2 * MIB) },
    }),
  );
  const content: TableNode = { kind: 'table', label, align: bytes(MIB), partitions };
  return { content, placed: placePartitions(content, bytes(16 * MIB)) };
}

test('GRUB lies in the BIOS boot partition of a GPT', () => {
  const { content, placed } = disk('gpt', 'EF00', 'EF02', '8300');

  const [code, signature, core] = embedGrub(IMAGES, content, placed).map(({ offset, data }) => ({
    offset,
    data: Buffer.from(data),
  }));

  expect(code).toMatchObject({ offset: 0, data: { length: 440 } });
  expect(code?.data.readBigUInt64LE(0x5c)).toBe(6144n);
  expect(code?.data.readUInt8(0x64)).toBe(0xff);
  expect(code?.data.readUInt16LE(0x66)).toBe(0x9090);
  expect(signature).toEqual({ offset: 510, data: Buffer.from([0x55, 0xaa]) });
  expect(core).toMatchObject({ offset: 3 * MIB, data: { length: 1536 } });
  expect(core?.data.readBigUInt64LE(0x1f4)).toBe(6145n);
  expect(core?.data.readUInt16LE(0x1fc)).toBe(2);
  expect(core?.data.readUInt16LE(0x1fe)).toBe(0x820);
});

test('GRUB lies in the gap behind an MBR', () => {
  const { content, placed } = disk('mbr', '0x83');

  const [code, , core] = embedGrub(IMAGES, content, placed);

  expect(Buffer.from(code?.data ?? []).readBigUInt64LE(0x5c)).toBe(1n);
  expect(core?.offset).toBe(512);
});

test('a GPT without a BIOS boot partition has no place for GRUB', () => {
  const { content, placed } = disk('gpt', '8300');

  expect(() => embedGrub(IMAGES, content, placed)).toThrow(
    expect.objectContaining({
      code: 'ASSEMBLE_FAILED',
      hint: 'Add a partition of type EF02 and 8 MiB to the layout, or use an MBR table.',
    }),
  );
});

test('a core image that does not fit is told with both sizes', () => {
  const { content, placed } = disk('mbr', '0x83');

  expect(() => embedGrub({ ...IMAGES, core: Buffer.alloc(2 * MIB) }, content, placed)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/has 2097152 bytes, and the gap .* has room for 1048064/),
    }),
  );
});

test('a tree without GRUB’s images gets no boot loader', async () => {
  await using scratch = await folderTree({ 'none/boot/': '', 'grub2/boot/grub2/i386-pc/boot.img': 'boot' });

  expect(readGrubImages(scratch.at('none'))).toBeUndefined();
  expect(readGrubImages(scratch.at('grub2'))).toBeUndefined();
});
