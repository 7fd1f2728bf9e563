import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imageSize } from '../../../src/disk/image-size.ts';
import { placePartitions } from '../../../src/disk/place-partitions.ts';
import { parsePercent, parseSize } from '../../../src/disk/size-text.ts';
import { bytes, GIB, KIB, MIB } from '../../../src/model/bytes.ts';
import type { PartitionNode, TableNode } from '../../../src/model/disk.ts';

describe('size of the disk', () => {
  const request = { treeBytes: 600 * KIB, journalMib: 64, rootType: 'ext4', elements: ['vm', 'block-device-mbr'] };

  test('is what was asked for in GiB, rounded up to 64 KiB', { tags: ['size.wanted', 'size.rounded'] }, () => {
    expect(imageSize({ ...request, imageGib: 0.4 }) / KIB).toBe(419_456);
  });

  test('is the tree and two thirds more, and the journal of ext4', { tags: ['size.computed', 'size.journal'] }, () => {
    expect(imageSize(request) / KIB).toBe(1024 - 24 + 24 + 64 * 1024);
    expect(imageSize({ ...request, rootType: 'vfat' }) / KIB).toBe(1024);
  });

  test('takes wanted extra space in place of the two thirds', { tags: ['size.extra'] }, () => {
    expect(imageSize({ ...request, extraMib: 10 }) / KIB).toBe(640 + 10 * 1024 + 64 * 1024);
  });

  test('has room for an EFI system partition even beside a wanted size', { tags: ['size.efi'] }, () => {
    expect(imageSize({ ...request, imageGib: 1, elements: ['block-device-efi-lvm'] })).toBe(GIB + 525 * MIB);
  });
});

describe('places of partitions', () => {
  const partition = (name: string, size: PartitionNode['size'], flags: PartitionNode['flags'] = []): PartitionNode => ({
    kind: 'partition',
    ...{ name, size, flags, type: '8300' },
  });
  const whole = { kind: 'percent', percent: 100 } as const;
  const table = (label: 'mbr' | 'gpt', partitions: readonly PartitionNode[]): TableNode => ({
    kind: 'table',
    ...{ label, partitions, align: bytes(MIB) },
  });

  test('GPT gives whole MiB and leaves one at each end', { tags: ['layout.gpt'] }, () => {
    const esp = partition('ESP', { kind: 'bytes', bytes: bytes(550 * MIB) });

    const placed = placePartitions(table('gpt', [esp, partition('root', whole)]), bytes(GIB + 640 * KIB));

    expect(placed.map(({ number, start, size }) => [number, start / MIB, size / MIB])).toEqual([
      [1, 1, 550],
      [2, 551, 472],
    ]);
  });

  test('logical partitions of an MBR count from 5 and leave room for their records', {
    tags: ['layout.primary', 'layout.percent'],
  }, () => {
    const nodes = [
      partition('boot', { kind: 'bytes', bytes: bytes(10 * MIB) }, ['primary']),
      partition('a', { kind: 'percent', percent: 50 }),
      partition('b', whole),
    ];

    const placed = placePartitions(table('mbr', nodes), bytes(112 * MIB));

    expect(placed.map(({ number, start, size }) => [number, start / MIB, size / MIB])).toEqual([
      [1, 1, 10],
      [5, 12, 50],
      [6, 63, 49],
    ]);
  });

  test('a partition that does not fit is named, with what is missing', () => {
    const nodes = [partition('data', { kind: 'bytes', bytes: bytes(2 * GIB) })];

    expect(() => placePartitions(table('gpt', nodes), bytes(GIB))).toThrow(
      expect.objectContaining({
        code: 'IMAGE_TOO_SMALL',
        message: 'The partition "data" needs 2.0 GiB, and the disk has 1022 MiB left for it',
        hint: 'Raise --image-size by 1.0 GiB or more, or make partitions smaller.',
      }),
    );
  });

  test('no two partitions share a byte, and all lie on the disk', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 90 }), fc.double({ min: 5, max: 70, noNaN: true })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.constantFrom('mbr', 'gpt'), sizes, fc.boolean(), (label, numbers, isPrimary) => {
        const nodes = numbers.map((number, index) =>
          partition(
            `p${index}`,
            Number.isInteger(number)
              ? { kind: 'bytes', bytes: bytes(number * MIB) }
              : { kind: 'percent', percent: number },
            isPrimary ? ['primary'] : [],
          ),
        );
        const disk = bytes(4000 * MIB);

        const placed = placePartitions(table(label, nodes), disk);

        let end = MIB;
        for (const { start, size } of placed) {
          expect(start % MIB).toBe(0);
          expect(size).toBeGreaterThan(0);
          expect(start).toBeGreaterThanOrEqual(end);
          end = start + size;
        }
        expect(end).toBeLessThanOrEqual(label === 'gpt' ? disk - MIB : disk);
      }),
    );
  });
});

test.each([
  ['8MiB', 8 * MIB],
  ['1.5 GiB', 1.5 * GIB],
  ['10G', 1e10],
  ['512', 512],
  ['3B', 3],
  ['2TiB', 2 * 1024 * GIB],
  ['3KiB', 3 * KIB],
  ['2TB', 2e12],
  ['4T', 4e12],
  ['5GB', 5e9],
  ['6MB', 6e6],
  ['7M', 7e6],
  ['8K', 8000],
  ['2KB', 2000],
  ['MiB', MIB],
  ['', undefined],
  ['8 mib', undefined],
  ['-1', undefined],
  ['1e3', undefined],
])('the size %s', { tags: ['layout.units'] }, (text, size) => {
  expect(parseSize(text)).toBe(size);
});

test.each([
  ['100%', 100],
  ['33.3%', 33.3],
  ['0%', undefined],
  ['101%', undefined],
  ['10', undefined],
])('the percentage %s', (text, percent) => {
  expect(parsePercent(text)).toBe(percent);
});
