import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UNPARTITIONED_LAYOUT } from '../../../src/disk/find-layout.ts';
import { run } from '../../../src/host/process.ts';
import { MIB } from '../../../src/model/bytes.ts';
import { askDebugfs, assemble, checkExt, EPOCH, makeTortureTree, runAsRoot } from '../../support/disk-image.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

/** An ESP of 34 MiB and a root behind it. */
const HYBRID = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: ESP, type: EF00, size: 34MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi}}}
      - {name: BSP, type: EF02, size: 1MiB}
      - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /}}}
`;
const ROOT_AT = 36 * MIB;

async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

describe('a disk from a tree', () => {
  let scratch: FolderTree;
  let image: string;
  /** Taken at once: mtools note the free space they counted even in an image that they only read. */
  let digest: string;

  beforeAll(async () => {
    scratch = await folderTree();
    image = scratch.at('image.raw');
    await makeTortureTree(scratch.at('tree'));
    expect(await assemble({ tree: scratch.at('tree'), output: image, layout: HYBRID, mib: 200 })).toMatchObject({
      status: 0,
    });
    digest = await digestOf(image);
  });

  afterAll(async () => {
    await runAsRoot('rm', '-rf', scratch.path);
  });

  const ask = async (request: string) => await askDebugfs(image, ROOT_AT, request);

  test('is sound by the filesystem’s and the partition table’s own tools', async () => {
    expect(await checkExt(image, ROOT_AT)).toBe('');
    expect((await run('sgdisk', ['--verify', image])).stdout).toContain('No problems found');
    await run('dd', [
      `if=${image}`,
      `of=${scratch.at('esp')}`,
      'bs=1M',
      'skip=1',
      'count=34',
      'conv=sparse',
      'status=none',
    ]);
    expect((await run('fsck.vfat', ['-n', scratch.at('esp')])).stdout).toMatch(/3 files|4 files|5 files/);
  });

  test('keeps owners and modes, of the root folder too', { tags: ['subtle.07'] }, async () => {
    expect(await ask('stat etc/owned')).toMatch(/Mode: +0640[\s\S]*User: +1000 +Group: 65000/);
    expect(await ask('stat /')).toMatch(/Mode: +0751[\s\S]*User: +3 +Group: +4/);
    expect(await ask('stat usr/bin/setuid')).toMatch(/Mode: +04755/);
    expect(await ask('stat tmp')).toMatch(/Mode: +01777/);
    expect(await ask('stat etc/fifo')).toMatch(/Type: FIFO +Mode: +0620/);
  });

  test('keeps hard links and symbolic links', async () => {
    expect(await ask('stat etc/linked')).toMatch(/Links: 2/);
    const inode = async (path: string) => /Inode: (\d+)/.exec(await ask(`stat ${path}`))?.[1];
    expect(await inode('etc/sub/again')).toBe(await inode('etc/linked'));
    expect(await ask('stat etc/short')).toContain('Fast link dest: "hostname"');
    expect(await ask('cat etc/long')).toBe('x'.repeat(100));
  });

  test('keeps attributes, access lists and capabilities', async () => {
    expect(await ask('ea_get etc/attributes user.colour')).toContain('green');
    expect(await ask('ea_list etc/attributes')).toContain('system.posix_acl_access');
    expect(await ask('ea_list etc/sub')).toContain('system.posix_acl_default');
    expect(await ask('ea_get -x usr/bin/capable security.capability')).toMatch(/= 01 00 00 02 00 20 00 00/);
  });

  test('keeps names that are no plain text, folders of many files, holes', async () => {
    const names = await ask('ls -p etc');
    expect(names).toContain(`a name with 'quotes' and "more"`);
    expect(names).toContain('line');
    expect((await ask('ls -p many')).match(/file-with/g)).toHaveLength(700);
    expect(await ask('stat etc/sparse')).toMatch(/Size: 67108864[\s\S]*Blockcount: 8\n/);
    expect(await ask('cat etc/zeros')).toHaveLength(300_000);
  });

  test('is dated no later than its epoch, and keeps earlier dates', async () => {
    const times = (path: string) => ask(`stat ${path}`).then((text) => [...text.matchAll(/(\w+)time: 0x(\w+)/g)]);
    const seconds = async (path: string) =>
      Object.fromEntries((await times(path)).map(([, name, hex]) => [name, Number.parseInt(hex ?? '', 16) | 0]));
    expect(await seconds('etc/hostname')).toEqual({
      c: EPOCH,
      a: EPOCH,
      cr: EPOCH,
      m: Date.UTC(1950, 2, 4, 5, 6, 7) / 1000,
    });
    expect(await seconds('etc/sub')).toMatchObject({ m: Date.UTC(2001, 1, 3, 4, 5, 6) / 1000 });
    expect(await seconds('etc/owned')).toEqual({ c: EPOCH, a: EPOCH, cr: EPOCH, m: EPOCH });
    expect(await seconds('/')).toMatchObject({ c: EPOCH, m: EPOCH });
    expect(await seconds('dev/console')).toMatchObject({ c: EPOCH, m: EPOCH });
  });

  test('has the device nodes that a boot may need before devtmpfs', async () => {
    expect(await ask('stat dev/console')).toMatch(
      /character special +Mode: +0600[\s\S]*Device major\/minor number: 05:01/,
    );
    expect(await ask('stat dev/null')).toMatch(
      /character special +Mode: +0666[\s\S]*Device major\/minor number: 01:03/,
    );
  });

  test('has what lies below a mount point on that filesystem and nowhere else', async () => {
    expect((await run('mtype', ['-i', `${image}@@1M`, '::/EFI/small.txt'])).stdout).toBe('small\n');
    const loader = await run('mdir', ['-i', `${image}@@1M`, '-b', '-/', '::/']);
    expect(loader.stdout).toContain('::/EFI/BOOT/BOOTX64.EFI');
    expect(await ask('ls -p boot/efi')).not.toContain('EFI');
    expect((await stat(scratch.at('tree/boot/efi/EFI/small.txt'))).size).toBe(6);
  });

  test('is sparse', async () => {
    const { size, blocks } = await stat(image);
    expect(size).toBe(200 * MIB);
    expect(blocks * 512).toBeLessThan(20 * MIB);
  });

  test('is the same byte for byte from a copy of the tree', async () => {
    await runAsRoot('cp', '-a', scratch.at('tree'), scratch.at('copy'));
    await runAsRoot('touch', scratch.at('copy/etc/owned'), scratch.at('copy/usr/bin'));

    await assemble({ tree: scratch.at('copy'), output: scratch.at('second.raw'), layout: HYBRID, mib: 200 });

    expect(await digestOf(scratch.at('second.raw'))).toBe(digest);
  });

  test('can be one filesystem without partitions', async () => {
    const output = scratch.at('plain.raw');

    await assemble({ tree: scratch.at('tree'), output, layout: UNPARTITIONED_LAYOUT });

    expect(await checkExt(output, 0)).toBe('');
    expect(await askDebugfs(output, 0, 'cat boot/efi/EFI/small.txt')).toBe('small\n');
  });
});

describe('a tree that does not fit', () => {
  test('is told before mke2fs runs, with what is missing', async () => {
    await using scratch = await folderTree({ 'tree/data': 'x'.repeat(9 * MIB) });

    const { status, stderr } = await assemble({
      tree: scratch.at('tree'),
      output: scratch.at('image'),
      layout: UNPARTITIONED_LAYOUT,
      mib: 12,
    });

    expect(status).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'IMAGE_TOO_SMALL',
      message: expect.stringMatching(/^The filesystem "mkfs_root" needs 1\d\.\d MiB and gets 12\.0 MiB: \d/),
      hint: expect.stringContaining('Raise --image-size by'),
    });
  });

  test('on FAT is told too', async () => {
    await using scratch = await folderTree({ 'tree/boot/efi/data': 'x'.repeat(40 * MIB) });

    const { stderr } = await assemble({
      tree: scratch.at('tree'),
      output: scratch.at('image'),
      layout: HYBRID,
      mib: 100,
    });

    expect(JSON.parse(stderr)).toMatchObject({
      code: 'IMAGE_TOO_SMALL',
      message: expect.stringMatching(
        /^The filesystem "mkfs_ESP" needs 40\.\d MiB and gets 34\.0 MiB: 6\.\d MiB are missing$/,
      ),
    });
  });

  test('a link cannot be on FAT', async () => {
    await using scratch = await folderTree({ 'tree/boot/efi/link': 'link:x' });

    const { stderr } = await assemble({ tree: scratch.at('tree'), output: scratch.at('image'), layout: HYBRID });

    expect(JSON.parse(stderr)).toMatchObject({
      code: 'ASSEMBLE_FAILED',
      message: expect.stringContaining('boot/efi/link is a symbolic link, which FAT cannot hold'),
    });
  });
});

test('a filesystem has the same features on every machine, and a root that old versions of GRUB can read', async () => {
  await using scratch = await folderTree({ 'tree/a': 'a' });
  await assemble({ tree: scratch.at('tree'), output: scratch.at('image'), layout: UNPARTITIONED_LAYOUT });

  const superblock = await askDebugfs(scratch.at('image'), 0, 'show_super_stats -h');

  expect(/Filesystem features: +(.*)/.exec(superblock)?.[1]).toBe(
    'has_journal ext_attr resize_inode dir_index filetype extent 64bit flex_bg sparse_super large_file huge_file dir_nlink ' +
      'extra_isize metadata_csum',
  );
  expect(superblock).toMatch(/Block size: +4096[\s\S]*Inode size:\s+256/);
});

test('a disk of 4 KiB sectors has filesystems that count in them', async () => {
  await using scratch = await folderTree({ 'tree/boot/efi/a': 'a' });
  const layout = HYBRID.replace('name: image0', 'name: image0, block_size: 4096').replace('34MiB', '300MiB');
  const output = scratch.at('image');

  expect(await assemble({ tree: scratch.at('tree'), output, layout, mib: 400 })).toMatchObject({ status: 0 });

  await run('dd', [`if=${output}`, `of=${scratch.at('esp')}`, 'bs=1M', 'skip=1', 'count=300', 'conv=sparse']);
  expect((await run('fsck.vfat', ['-nv', scratch.at('esp')])).stdout).toContain('4096 bytes per logical sector');
  expect(await checkExt(output, 302 * MIB)).toBe('');
});

test('words that mke2fs does not know are told in its own words', async () => {
  await using scratch = await folderTree({ 'tree/a': 'a' });
  const layout = UNPARTITIONED_LAYOUT.replace(
    'name: mkfs_root',
    'name: mkfs_root\n      opts: "-E stride=2 -O no_such_feature"',
  );

  const { stderr } = await assemble({ tree: scratch.at('tree'), output: scratch.at('image'), layout });

  expect(JSON.parse(stderr)).toMatchObject({
    code: 'ASSEMBLE_FAILED',
    message: 'The filesystem "mkfs_root" cannot be made',
    tail: expect.arrayContaining([expect.stringContaining('Invalid filesystem option set')]),
  });
});

test.each([
  ['ext2', '-m 0'],
  ['ext3', '-J size=4'],
  ['ext4', '-O ^metadata_csum,^64bit -I 128'],
  ['ext4', '-b 1024 -E stride=4,offset=0 -Eresize=100000000'],
])('%s with %s is sound', async (type, opts) => {
  await using scratch = await folderTree({ 'tree/etc/hostname': 'a', 'tree/dev/': '' });
  const layout = HYBRID.replace('mkfs: {type: ext4,', `mkfs: {type: ${type}, opts: "${opts}",`);

  expect(await assemble({ tree: scratch.at('tree'), output: scratch.at('image'), layout })).toMatchObject({
    status: 0,
  });

  expect(await checkExt(scratch.at('image'), ROOT_AT)).toBe('');
  expect(await askDebugfs(scratch.at('image'), ROOT_AT, 'cat etc/hostname')).toBe('a');
});
