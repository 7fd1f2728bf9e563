import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { MIB } from '../../../src/model/bytes.ts';
import { askDebugfs, assemble, EPOCH, makeTortureTree, runAsRoot } from '../../support/disk-image.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { extractPartition, partitionsOf } from '../../support/partitions.ts';

/** The torture tree, but for what another partition has, on one filesystem of the given type. */
const layoutOf = (type: string, opts = '') => `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: other, size: 10MiB, mkfs: {type: ext2, mount: {mount_point: /many}}}
      - name: root
        size: 100%
        mkfs: {type: ${type}, label: the-root, opts: "${opts}", mount: {mount_point: /}}
`;

describe.each([
  ['btrfs', ''],
  ['erofs', ''],
  ['erofs', '-zlz4'],
])('a root of type %s with the options "%s"', (type, opts) => {
  let scratch: FolderTree;
  let root: string;

  beforeAll(async () => {
    scratch = await folderTree();
    await makeTortureTree(scratch.at('tree'));
    const image = scratch.at('image.raw');
    const made = await assemble({ tree: scratch.at('tree'), output: image, layout: layoutOf(type, opts), mib: 300 });
    expect(made.status, made.stderr).toBe(0);
    root = scratch.at('root');
    const { partitions } = await partitionsOf(image);
    const [, found] = partitions;
    if (found === undefined) throw new Error('The second partition is missing');
    await extractPartition(image, found, root);
    await unpack(type, root, scratch.at('out'));
  });

  afterAll(async () => {
    await runAsRoot('rm', '-rf', scratch.path);
  });

  const ask = async (...words: readonly string[]) => (await runAsRoot(...words)).stdout;

  test('is found by its label and sound by its own tools', async () => {
    expect((await run('blkid', ['--probe', root])).stdout).toMatch(new RegExp(` LABEL="the-root" .*TYPE="${type}"`));
    const check = type === 'btrfs' ? ['btrfs', 'check', root] : ['fsck.erofs', root];
    const { status, stdout, stderr } = await runAsRoot(...check);
    expect(status, stdout + stderr).toBe(0);
  });

  test('keeps owners, modes, hard links and attributes', async () => {
    const stat = async (path: string) => (await ask('stat', '-c', '%a %u %g %h %s', scratch.at(`out/${path}`))).trim();
    expect(await stat('etc/owned')).toMatch(/^640 1000 65000 1 /);
    // fsck.erofs gives a file its mode before its owner, which takes the bit away again.
    expect(await stat('usr/bin/setuid')).toMatch(type === 'btrfs' ? /^4755 0 0 / : /^4?755 0 0 /);
    expect(await stat('etc/zeros')).toMatch(/ 300000$/);
    expect(await ask('cat', scratch.at('out/etc/sub/again'))).toBe(await ask('cat', scratch.at('out/etc/linked')));
  });

  test('keeps owner and mode of the root folder, and is dated no later than its epoch', async () => {
    if (type === 'btrfs') {
      const tree = await ask('btrfs', 'inspect-internal', 'dump-tree', '-t', '5', root);
      expect(tree).toMatch(/key \(256 INODE_ITEM 0\)[^(]*block group 0 mode 40751 links 1 uid 3 gid 4 /);
      const times = [...tree.matchAll(/\s[acmo]time (-?\d+)\./g)].map((match) =>
        BigInt.asIntN(64, BigInt(match[1] ?? '')),
      );
      const distinct = [...new Set(times)].sort((one, other) => (one < other ? -1 : 1));
      expect(times.length).toBeGreaterThan(60);
      expect(distinct.at(0)).toBe(BigInt(Date.UTC(1950, 2, 4, 5, 6, 7) / 1000));
      expect(distinct.at(-1)).toBe(BigInt(EPOCH));
    } else {
      const facts = await ask('dump.erofs', '--path=/', root);
      expect(facts).toMatch(/Uid: 3 +Gid: 4 +Access: 0751/);
      expect(facts).toMatch(/Timestamp: 2023-11-14 /);
    }
  });

  test('has nothing of what lies on the other filesystem', async () => {
    expect((await ask('ls', scratch.at('out/many'))).trim()).toBe('');
    expect((await ask('ls', scratch.at('tree/many'))).split('\n').length).toBeGreaterThan(700);
  });
});

/** Unpacks a filesystem with its own tools, as root. */
async function unpack(type: string, root: string, target: string): Promise<void> {
  await runAsRoot('mkdir', target);
  const words =
    type === 'btrfs'
      ? ['btrfs', 'restore', '--metadata', '--xattr', '--symlinks', root, target]
      : ['fsck.erofs', `--extract=${target}`, '--preserve', '--overwrite', root];
  const { status, stdout, stderr } = await runAsRoot(...words);
  expect(status, stdout + stderr).toBe(0);
}

describe('a squashfs', () => {
  const layout = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: root, size: 32MiB, mkfs: {type: ext4, mount: {mount_point: /}}}
      - {name: etc, size: 100%, mkfs: {type: squashfs, opts: "-comp xz", mount: {mount_point: /etc}}}
`;

  test('has the files of its mount point, and is the same each time', async () => {
    await using scratch = await folderTree();
    await makeTortureTree(scratch.at('tree'));
    const first = await assemble({ tree: scratch.at('tree'), output: scratch.at('1.raw'), layout });
    expect(first.status, first.stderr).toBe(0);
    await runAsRoot('cp', '-a', scratch.at('tree'), scratch.at('copy'));
    await runAsRoot('touch', scratch.at('copy/etc/owned'));

    await assemble({ tree: scratch.at('copy'), output: scratch.at('2.raw'), layout });

    const place = ['-no-progress', '-offset', String(33 * MIB)];
    const { stdout } = await run('unsquashfs', ['-lln', ...place, scratch.at('1.raw')]);
    expect(stdout).toMatch(/-rw-r----- 1000\/65000 +\d+ 2023-11-14 \d\d:\d\d squashfs-root\/owned\n/);
    expect(stdout).toContain('squashfs-root/sub/again');
    expect((await run('unsquashfs', ['-stat', ...place, scratch.at('1.raw')])).stdout).toContain('Compression xz');
    expect(await askDebugfs(scratch.at('1.raw'), MIB, 'ls -p etc')).not.toContain('owned');
    expect(await digestOf(scratch.at('2.raw'))).toBe(await digestOf(scratch.at('1.raw')));
    await runAsRoot('rm', '-rf', scratch.at('tree'), scratch.at('copy'));
  });

  test('that is too large for its partition is told with what is missing', async () => {
    const random = Buffer.from(Array.from({ length: 3 * MIB }, (_, index) => (index * index * 7919) >> 7));
    await using scratch = await folderTree({ 'tree/etc/noise': random.toString('latin1') });
    const small = layout.replace('100%', '1MiB').replace('-comp xz', '-noD');

    const { stderr } = await assemble({ tree: scratch.at('tree'), output: scratch.at('raw'), layout: small });

    expect(JSON.parse(stderr)).toMatchObject({
      code: 'IMAGE_TOO_SMALL',
      message: expect.stringMatching(/^The filesystem "mkfs_etc" needs \d\.\d MiB and gets 1\.0 MiB: \d\.\d MiB are/),
    });
  });
});

test('swap space has its label and identifier, and takes no space in the image', async () => {
  await using scratch = await folderTree({ 'tree/a': 'a' });
  const layout = layoutOf('ext4').replace(
    'size: 10MiB, mkfs: {type: ext2, mount: {mount_point: /many}}',
    'size: 64MiB, mkfs: {type: swap, label: SWAP0, opts: "-x", mount: {mount_point: none, fstab: {options: pri=1}}}',
  );
  const image = scratch.at('raw');

  const { status, stderr } = await assemble({ tree: scratch.at('tree'), output: image, layout, mib: 128 });

  expect(status, stderr).toBe(0);
  const { stdout } = await run('blkid', ['--probe', '--offset', String(MIB), '--size', String(64 * MIB), image]);
  expect(stdout).toMatch(/ LABEL="SWAP0" UUID="[0-9a-f-]{36}" .*TYPE="swap"/);
  expect((await stat(image)).blocks * 512).toBeLessThan(8 * MIB);
});

test('a btrfs that is too small is told', async () => {
  await using scratch = await folderTree({ 'tree/data': 'x'.repeat(MIB), 'tree/many/': '' });
  const call = { tree: scratch.at('tree'), output: scratch.at('raw'), layout: layoutOf('btrfs') };

  const small = await assemble({ ...call, mib: 30 });

  expect(JSON.parse(small.stderr)).toMatchObject({
    code: 'IMAGE_TOO_SMALL',
    message: expect.stringMatching(/^The filesystem "mkfs_root" needs \d+\.?\d* MiB and gets 18.0 MiB: /),
  });
});

test('an erofs without compression is the same byte for byte from a copy', async () => {
  await using scratch = await folderTree({ 'tree/etc/a': 'a', 'tree/many/': '' });
  const layout = layoutOf('erofs');
  const { status, stderr } = await assemble({ tree: scratch.at('tree'), output: scratch.at('1.raw'), layout });
  expect(status, stderr).toBe(0);
  await run('cp', ['-r', scratch.at('tree'), scratch.at('copy')]);

  await assemble({ tree: scratch.at('copy'), output: scratch.at('2.raw'), layout });

  expect(await digestOf(scratch.at('2.raw'))).toBe(await digestOf(scratch.at('1.raw')));
  const { partitions } = await partitionsOf(scratch.at('1.raw'));
  if (partitions[1] !== undefined) await extractPartition(scratch.at('1.raw'), partitions[1], scratch.at('root'));
  const created = new Date(EPOCH * 1000).toUTCString().split(' ')[4];
  expect(
    (await run('dump.erofs', ['-s', scratch.at('root')], { env: { ...process.env, TZ: 'UTC' } })).stdout,
  ).toContain(`${created} 2023`);
});

async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
