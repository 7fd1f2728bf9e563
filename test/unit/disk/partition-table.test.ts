import { open } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { writeDiskBytes } from '../../../src/disk/disk-bytes.ts';
import { partitionTable } from '../../../src/disk/partition-table.ts';
import { GPT_TYPE_CODES, gptTypeGuid } from '../../../src/disk/partition-types.ts';
import { placePartitions } from '../../../src/disk/place-partitions.ts';
import { run } from '../../../src/host/process.ts';
import { bytes, MIB } from '../../../src/model/bytes.ts';
import type { PartitionNode, TableNode } from '../../../src/model/disk.ts';
import { folderTree } from '../../support/folder-tree.ts';

const DISK = bytes(64 * MIB);

function partition(name: string, mib: number, rest: Partial<PartitionNode> = {}): PartitionNode {
  return {
    kind: 'partition',
    name,
    type: '8300',
    flags: [],
    size: { kind: 'bytes', bytes: bytes(mib * MIB) },
    ...rest,
  };
}

async function writeTable(file: string, label: 'mbr' | 'gpt', partitions: readonly PartitionNode[], identity = 'seed') {
  const table: TableNode = { kind: 'table', label, align: bytes(MIB), partitions };
  const placed = placePartitions(table, DISK);
  const pieces = partitionTable({ table, partitions: placed, disk: DISK, sectorSize: 512, identity });
  const handle = await open(file, 'w');
  await handle.truncate(DISK);
  await writeDiskBytes(handle, pieces);
  await handle.close();
}

async function readBack(file: string) {
  const { stdout } = await run('sfdisk', ['--json', file]);
  return JSON.parse(stdout).partitiontable;
}

describe('GPT', () => {
  test('is what sfdisk reads and sgdisk finds sound', async () => {
    await using scratch = await folderTree();
    const file = scratch.at('disk');

    await writeTable(file, 'gpt', [partition('ESP', 10, { type: 'EF00' }), partition('größe 1', 20)]);

    expect(await readBack(file)).toMatchObject({
      label: 'gpt',
      firstlba: 34,
      lastlba: 131_038,
      partitions: [
        { start: 2048, size: 20_480, type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', name: 'ESP' },
        { start: 22_528, size: 40_960, type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', name: 'größe 1' },
      ],
    });
    const { stdout } = await run('sgdisk', ['--verify', file]);
    expect(stdout).toContain('No problems found');
    expect(stdout).not.toMatch(/Warning|Caution/);
  });

  test('has identifiers of the disk’s identity', async () => {
    await using scratch = await folderTree();
    for (const [name, identity] of Object.entries({ a: 'one', b: 'one', c: 'two' })) {
      await writeTable(scratch.at(name), 'gpt', [partition('root', 20)], identity);
    }

    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => readBack(scratch.at(name))));

    expect({ ...b, device: '', partitions: [] }).toEqual({ ...a, device: '', partitions: [] });
    expect(a.partitions[0].uuid).toBe(b.partitions[0].uuid);
    expect(c.id).not.toBe(a.id);
    expect(c.partitions[0].uuid).not.toBe(a.partitions[0].uuid);
  });

  test('knows the types that sgdisk knows by the same codes', async () => {
    await using scratch = await folderTree();
    const file = scratch.at('disk');
    await writeTable(file, 'gpt', []);

    const words = GPT_TYPE_CODES.flatMap((code, index) => [
      `--new=${index + 1}:0:+1M`,
      `--typecode=${index + 1}:${code}`,
    ]);
    await run('sgdisk', [...words, file]);

    const { partitions } = await readBack(file);
    const types: string[] = partitions.map(({ type }: { type: string }) => type.toLowerCase());
    expect(types).toEqual(GPT_TYPE_CODES.map((code) => gptTypeGuid(code)));
  });

  test('counts in sectors of 4 KiB where the disk has them', () => {
    const table: TableNode = { kind: 'table', label: 'gpt', align: bytes(MIB), partitions: [partition('root', 20)] };
    const placed = placePartitions(table, DISK);

    const pieces = partitionTable({ table, partitions: placed, disk: DISK, sectorSize: 4096, identity: 'seed' });

    const [, header, entries, , copy] = pieces.map(({ offset, data }) => ({ offset, data: Buffer.from(data) }));
    expect(header?.offset).toBe(4096);
    expect(copy?.offset).toBe(DISK - 4096);
    expect(header?.data.readBigUInt64LE(32)).toBe(BigInt(DISK / 4096 - 1));
    expect(entries?.data.readBigUInt64LE(32)).toBe(256n);
    expect(entries?.data.readBigUInt64LE(40)).toBe(256n + 5120n - 1n);
  });
});

describe('MBR', () => {
  test('has primary partitions with type and active flag', async () => {
    await using scratch = await folderTree();
    const file = scratch.at('disk');

    await writeTable(file, 'mbr', [
      partition('boot', 8, { type: '0x41', flags: ['boot', 'primary'] }),
      partition('root', 40, { type: '0x83', flags: ['primary'] }),
    ]);

    expect(await readBack(file)).toMatchObject({
      label: 'dos',
      partitions: [
        { start: 2048, size: 16_384, type: '41', bootable: true },
        { start: 18_432, size: 81_920, type: '83' },
      ],
    });
  });

  test('chains logical partitions', async () => {
    await using scratch = await folderTree();
    const file = scratch.at('disk');

    await writeTable(file, 'mbr', [
      partition('boot', 8, { type: '0x83', flags: ['primary'] }),
      ...['a', 'b', 'c'].map((name) => partition(name, 10, { type: '0x83' })),
    ]);

    const { partitions } = await readBack(file);
    expect(partitions.map(({ node, start, size, type }: Record<string, unknown>) => [node, start, size, type])).toEqual(
      [
        [`${file}1`, 2048, 16_384, '83'],
        [`${file}2`, 18_432, 112_640, 'f'],
        [`${file}5`, 20_480, 20_480, '83'],
        [`${file}6`, 43_008, 20_480, '83'],
        [`${file}7`, 65_536, 20_480, '83'],
      ],
    );
    expect((await run('sfdisk', ['--verify', file])).stdout).toContain('No errors detected');
  });

  test('refuses a disk that its numbers cannot describe', () => {
    const table: TableNode = { kind: 'table', label: 'mbr', align: bytes(MIB), partitions: [] };

    expect(() =>
      partitionTable({ table, partitions: [], disk: bytes(2 ** 42), sectorSize: 512, identity: 'seed' }),
    ).toThrow(expect.objectContaining({ code: 'LAYOUT_INVALID', hint: 'Use "label: gpt".' }));
  });
});
