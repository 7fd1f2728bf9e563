import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tgzFormat } from '../../../src/formats/tgz.ts';
import { archiveTree } from '../../../src/formats/tree-archive.ts';
import type { Environment } from '../../../src/model/request.ts';
import { formatInput, formatWish } from '../../support/format-input.ts';

const ENVIRONMENT = { PATH: process.env.PATH ?? '', TAR_OPTIONS: '--exclude=./etc' };
const EPOCH = 1_700_000_000;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingot-tree-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Makes the same tree in another order of creation, so that inode numbers and directory order differ. */
function makeTree(name: string, isReversed: boolean): string {
  const tree = join(folder, name);
  const folders = ['etc', 'usr/bin', 'proc/1', 'sys/kernel', 'dev', 'lost+found'];
  const files = ['etc/a', 'etc/b', 'proc/1/status', 'usr/bin/tool', `usr/bin/${'n'.repeat(180)}`, '.hidden'];
  for (const path of isReversed ? folders.reverse() : folders) mkdirSync(join(tree, path), { recursive: true });
  for (const path of isReversed ? files.reverse() : files) writeFileSync(join(tree, path), `content of ${path}\n`);
  linkSync(join(tree, 'usr/bin/tool'), join(tree, 'usr/bin/alias'));
  symlinkSync('a', join(tree, 'etc/link'));
  execFileSync('setfattr', ['-n', 'user.colour', '-v', 'blue', join(tree, 'etc/a')]);
  utimesSync(join(tree, 'etc/b'), 1_000_000_000, 1_000_000_000);
  return tree;
}

function input(source: string, target: string, environment: Environment = {}) {
  return formatInput(source, join(folder, target), { wish: { environment: { ...ENVIRONMENT, ...environment } } });
}

describe('the archive of a root tree', () => {
  it('has the same bytes for the same content', async () => {
    await archiveTree(input(makeTree('one', false), 'one.tar'));
    await archiveTree(input(makeTree('two', true), 'two.tar'));

    expect(readFileSync(join(folder, 'one.tar')).equals(readFileSync(join(folder, 'two.tar')))).toBe(true);
  });

  it('holds mount points of the kernel as empty folders', { tags: ['subtle.08'] }, async () => {
    await archiveTree(input(makeTree('tree', false), 'tree.tar'));

    const names = execFileSync('tar', ['-tf', join(folder, 'tree.tar')], { encoding: 'utf8' }).split('\n');
    expect(names).toContain('./proc/');
    expect(names).toContain('./sys/');
    expect(names).toContain('./.hidden');
    expect(names.filter((name) => /^\.\/(proc|sys)\/.|lost/.test(name))).toEqual([]);
  });

  it('keeps links, attributes and old times, and sets later times to the epoch', {
    tags: ['formats.tar'],
  }, async () => {
    await archiveTree(input(makeTree('tree', false), 'tree.tar'));

    const out = join(folder, 'out');
    mkdirSync(out);
    execFileSync('tar', ['-xf', join(folder, 'tree.tar'), '--xattrs', '--xattrs-include=*', '-C', out]);
    const stat = (format: string, path: string) =>
      execFileSync('stat', ['-c', format, join(out, path)], { encoding: 'utf8' }).trim();
    expect(stat('%i', 'usr/bin/alias')).toBe(stat('%i', 'usr/bin/tool'));
    expect(
      execFileSync('getfattr', ['--only-values', '-n', 'user.colour', join(out, 'etc/a')], { encoding: 'utf8' }),
    ).toBe('blue');
    expect(stat('%Y', 'etc/b')).toBe('1000000000');
    expect(stat('%Y', 'etc/a')).toBe(String(EPOCH));
  });

  it('fails when an entry cannot be archived', async () => {
    await expect(archiveTree(input(join(folder, 'nowhere'), 'x.tar'))).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });
});

describe('tgz', () => {
  it('is the tar under one gzip member, with the same bytes each time', { tags: ['formats.tgz'] }, async () => {
    const tree = makeTree('tree', false);

    await archiveTree(input(tree, 'tree.tar'));
    await tgzFormat.write(input(tree, 'first.tgz'));
    await tgzFormat.write(input(tree, 'second.tgz'));

    const first = readFileSync(join(folder, 'first.tgz'));
    expect(first.equals(readFileSync(join(folder, 'second.tgz')))).toBe(true);
    expect(gunzipSync(first).equals(readFileSync(join(folder, 'tree.tar')))).toBe(true);
    expect(gunzipSync(first, { maxOutputLength: 1 << 30 }).length).toBe(gunzipOneMember(first).length);
  });

  it('is compressed at the level that the user chooses, with any count of threads', async () => {
    const tree = makeTree('tree', false);
    const at = async (target: string, level: number, threads: number) => {
      const compression = { ...formatWish().compression, tgz: { kind: 'gzip', level }, threads } as const;
      const wish = { environment: ENVIRONMENT, compression };
      await tgzFormat.write(formatInput(tree, join(folder, target), { wish }));
      return readFileSync(join(folder, target));
    };

    const [least, most, again] = [await at('1.tgz', 1, 1), await at('9.tgz', 9, 1), await at('again.tgz', 9, 4)];

    // Byte 8 of a gzip member says whether it was made by the slowest (2) or the fastest (4) way.
    expect([least[8], most[8]]).toEqual([4, 2]);
    expect(again.equals(most)).toBe(true);
  });

  it('is compressed by the program that the user names', { tags: ['variables.gzip'] }, async () => {
    const tree = makeTree('tree', false);

    await tgzFormat.write(input(tree, 'own.tgz', { DIB_GZIP_BIN: 'gzip --no-name' }));

    expect(gunzipSync(readFileSync(join(folder, 'own.tgz'))).length).toBeGreaterThan(0);
  });

  it('fails when the compressor fails', async () => {
    const writing = tgzFormat.write(input(makeTree('tree', false), 'bad.tgz', { DIB_GZIP_BIN: 'false' }));

    await expect(writing).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });
});

/** What a reader gets that stops after the first gzip member. */
function gunzipOneMember(data: Buffer): Buffer {
  const script =
    'import sys, zlib; sys.stdout.buffer.write(zlib.decompressobj(31).decompress(sys.stdin.buffer.read()))';
  return execFileSync('python3', ['-c', script], { input: data, maxBuffer: 1 << 30 });
}
