import { mkdir, utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { FormatWish } from '../../../src/formats/format-writer.ts';
import { squashfsFormat } from '../../../src/formats/squashfs.ts';
import { run } from '../../../src/host/process.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { formatInput, formatWish } from '../../support/format-input.ts';

const FILES = {
  'tree/etc/hostname': 'cast\n',
  'tree/usr/bin/tool': `exec:${'x'.repeat(200_000)}`,
  'tree/usr/bin/alias': 'link:tool',
  'tree/.hidden': 'kept',
  'tree/proc/1/status': 'of the host',
  'tree/sys/kernel/.x': 'of the host',
  'tree/lost+found/': '',
} as const;

/** Makes a tree in the order of its names or the other way round, and a squashfs of it. */
async function squash(scratch: FolderTree, target: string, wish: Partial<FormatWish> = {}): Promise<string> {
  await run('chmod', ['2750', scratch.at('tree')]);
  await run('setfattr', ['-n', 'user.colour', '-v', 'blue', scratch.at('tree/etc/hostname')]);
  await run('chown', ['5:70000', scratch.at('tree/usr/bin/tool')]);
  await utimes(scratch.at('tree/etc/hostname'), 1_000_000_000, 1_000_000_000);
  const input = formatInput(scratch.at('tree'), scratch.at(target), { wish });
  await run('touch', [input.target]);
  await squashfsFormat.write(input);
  return input.target;
}

/** What a reader of another project says of the whole image, or of one file in it. */
async function read(image: string, ...words: readonly string[]): Promise<string> {
  return (await run('rdsquashfs', [...words, image])).stdout;
}

describe('squashfs', () => {
  it('holds the tree with its owners, modes, links and attributes, and the folders of the kernel empty', {
    tags: ['formats.squashfs'],
  }, async () => {
    await using scratch = await folderTree(FILES);

    const image = await squash(scratch, 'image');

    const lines = (await read(image, '--describe')).trim().split('\n');
    expect(lines).toEqual([
      ...['file .hidden 0644 0 0', 'dir etc 0755 0 0', 'file etc/hostname 0644 0 0', 'dir proc 0755 0 0'],
      ...['dir sys 0755 0 0', 'dir usr 0755 0 0', 'dir usr/bin 0755 0 0'],
      ...['slink usr/bin/alias 0777 0 0 tool', 'file usr/bin/tool 0755 5 70000'],
    ]);
    const { stdout: long } = await run('unsquashfs', ['-lln', '-max-depth', '0', image]);
    expect(long).toMatch(/^drwxr-s--- 0\/0 .* squashfs-root$/m);
    expect(await read(image, '--cat', '/etc/hostname')).toBe('cast\n');
    expect(await read(image, '--xattr', '/etc/hostname')).toBe('user.colour=blue\n');
  });

  it('has the same bytes for the same content, with no time after the epoch', async () => {
    await using one = await folderTree(FILES);
    await using two = await folderTree(Object.fromEntries(Object.entries(FILES).reverse()));

    const first = await squash(one, 'image');
    const second = await squash(two, 'image', {
      compression: { ...formatWish().compression, threads: 1 },
    });

    await run('cmp', [first, second]);
    await mkdir(one.at('out'));
    await read(first, '--unpack-root', one.at('out'), '--unpack-path', '/', '--set-times');
    const { stdout } = await run('find', [one.at('out'), '-type', 'f', '-printf', '%P %Ts\n']);
    expect(stdout.trim().split('\n').sort()).toEqual([
      '.hidden 1700000000',
      'etc/hostname 1000000000',
      'usr/bin/tool 1700000000',
    ]);
  });

  it.each([
    [{ kind: 'xz' }, 'xz'],
    [{ kind: 'zstd', level: 3 }, 'zstd'],
    [{ kind: 'gzip', level: 1 }, 'gzip'],
    [{ kind: 'lz4' }, 'lz4'],
  ] as const)('is compressed by %j', async (squashfs, name) => {
    await using scratch = await folderTree(FILES);

    const image = await squash(scratch, 'image', { compression: { ...formatWish().compression, squashfs } });

    const { stdout } = await run('unsquashfs', ['-stat', image]);
    expect(stdout).toContain(`Compression ${name}`);
    if ('level' in squashfs) expect(stdout).toContain(`compression-level ${squashfs.level}`);
    expect(await read(image, '--cat', '/usr/bin/tool')).toHaveLength(200_000);
  });
});
