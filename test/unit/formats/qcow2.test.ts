import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseQcow2Way } from '../../../src/formats/qcow2.ts';
import { writeCompressedQcow2 } from '../../../src/formats/qcow2-compressed.ts';

const MIB = 1024 * 1024;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingot-qcow2-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A sparse disk of 1 GiB and a bit with text, noise and zeros at odd offsets, up to its last sector. */
async function sampleDisk(): Promise<string> {
  const path = join(folder, 'disk.raw');
  writeFileSync(path, '');
  truncateSync(path, 1024 * MIB + 3 * 512);
  await using disk = await open(path, 'r+');
  const text = Buffer.from('the quick brown fox jumps over the lazy dog\n'.repeat(40_000));
  await disk.write(text, 0, text.length, 12_345);
  await disk.write(randomBytes(3 * MIB), 0, 3 * MIB, 5 * MIB + 512);
  await disk.write(text, 0, text.length, 9 * MIB + 7);
  await disk.write(Buffer.alloc(MIB), 0, MIB, 600 * MIB);
  await disk.write(text, 0, 700, 1024 * MIB + 3 * 512 - 700);
  return path;
}

const signal = new AbortController().signal;

describe('a qcow2 that ingot compresses', () => {
  it.each([2, 3] as const)('holds the disk in a consistent file of version %i', async (version) => {
    const source = await sampleDisk();
    const target = join(folder, `v${version}.qcow2`);

    await writeCompressedQcow2({ source, target, version, signal });

    execFileSync('qemu-img', ['check', '-q', target]);
    execFileSync('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', source, target]);
    const info = JSON.parse(execFileSync('qemu-img', ['info', '--output=json', target], { encoding: 'utf8' }));
    expect(info['virtual-size']).toBe(1024 * MIB + 3 * 512);
    expect(info['format-specific'].data.compat).toBe(version === 2 ? '0.10' : '1.1');
    expect(info['actual-size']).toBeLessThan(4.5 * MIB);
  });

  it('has the same bytes each time', async () => {
    const source = await sampleDisk();
    const [first, second] = [join(folder, 'first.qcow2'), join(folder, 'second.qcow2')];

    await writeCompressedQcow2({ source, target: first, version: 2, signal });
    await writeCompressedQcow2({ source, target: second, version: 2, signal });

    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
  });

  it('is the smaller the higher the level', async () => {
    const source = join(folder, 'program.raw');
    writeFileSync(source, readFileSync(process.execPath).subarray(0, 16 * MIB));
    const [least, most] = [join(folder, 'least.qcow2'), join(folder, 'most.qcow2')];

    await writeCompressedQcow2({ source, target: least, version: 2, level: 1, signal });
    await writeCompressedQcow2({ source, target: most, version: 2, level: 9, signal });

    expect(statSync(most).size).toBeLessThan(statSync(least).size);
    execFileSync('qemu-img', ['compare', '-q', '-f', 'qcow2', '-F', 'qcow2', least, most]);
  });

  it('holds a disk without any data', async () => {
    const source = join(folder, 'empty.raw');
    writeFileSync(source, '');
    truncateSync(source, 10 * MIB);
    const target = join(folder, 'empty.qcow2');

    await writeCompressedQcow2({ source, target, version: 2, signal });

    execFileSync('qemu-img', ['check', '-q', target]);
    execFileSync('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', source, target]);
  });

  it('stops when it is told to', async () => {
    const source = await sampleDisk();
    const stopped = AbortSignal.abort();

    const writing = writeCompressedQcow2({ source, target: join(folder, 'x'), version: 2, signal: stopped });

    await expect(writing).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the way to a qcow2', () => {
  it('is zlib for old readers unless a newer compat is asked for', () => {
    expect(chooseQcow2Way({ compression: { kind: 'zlib' }, options: [] })).toEqual({ kind: 'own', version: 2 });
    expect(chooseQcow2Way({ compression: { kind: 'zlib' }, options: ['compat=0.10'] })).toEqual({
      kind: 'own',
      version: 2,
    });
    expect(chooseQcow2Way({ compression: { kind: 'zlib' }, options: ['compat=1.1'] })).toEqual({
      kind: 'own',
      version: 3,
    });
  });

  it('is qemu-img with the options of the user behind what the compression needs', () => {
    expect(chooseQcow2Way({ compression: { kind: 'zstd' }, options: ['cluster_size=2M'] })).toEqual({
      kind: 'qemu-img',
      conversion: { format: 'qcow2', isCompressed: true, options: ['compression_type=zstd', 'cluster_size=2M'] },
    });
    expect(chooseQcow2Way({ compression: { kind: 'none' }, options: ['compat=0.10'] })).toEqual({
      kind: 'qemu-img',
      conversion: { format: 'qcow2', isCompressed: false, options: ['compat=0.10'] },
    });
  });

  it('follows a compression type among the options', () => {
    expect(chooseQcow2Way({ compression: { kind: 'zlib' }, options: ['compression_type=zstd'] })).toMatchObject({
      conversion: { options: ['compression_type=zstd'], isCompressed: true },
    });
    expect(chooseQcow2Way({ compression: { kind: 'zstd' }, options: ['compression_type=zlib'] })).toEqual({
      kind: 'own',
      version: 2,
    });
  });

  it('takes a level along, and refuses one that qemu-img would not heed', () => {
    const compression = { kind: 'zlib', level: 9 } as const;
    expect(chooseQcow2Way({ compression, options: [] })).toEqual({ kind: 'own', version: 2, level: 9 });
    expect(() => chooseQcow2Way({ compression, options: ['cluster_size=2M'] })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: 'A qcow2 with cluster_size=2M has no levels of compression' }),
    );
  });

  it('refuses zstd in the old version of the format', () => {
    expect(() => chooseQcow2Way({ compression: { kind: 'zstd' }, options: ['compat=0.10'] })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('compat=0.10 cannot hold zstd') }),
    );
  });
});
