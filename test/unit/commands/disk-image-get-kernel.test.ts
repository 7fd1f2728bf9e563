import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { main } from '../../../src/commands/disk-image-get-kernel.ts';
import { run } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';
import { assemble } from '../../support/disk-image.ts';
import { type FileTexts, type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { type TestCaller, testCaller } from '../../support/test-caller.ts';

const DEBIAN = {
  'etc/debian_version': '12.8\n',
  'boot/vmlinuz-6.1.0-9-amd64': 'older kernel',
  'boot/initrd.img-6.1.0-9-amd64': 'older ramdisk',
  'boot/vmlinuz-6.1.0-28-amd64': `kernel${'x'.repeat(100_000)}`,
  'boot/initrd.img-6.1.0-28-amd64': 'ramdisk',
} as const;
const SEPARATE_BOOT = `
- local_loop: {name: image0, block_size: 4096}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - name: boot
        size: 32MiB
        mkfs: {type: ext4, label: start, mount: {mount_point: /boot}}
      - name: root
        size: 100%
        mkfs: {type: ext4, mount: {mount_point: /}}
`;
const KERNEL = DEBIAN['boot/vmlinuz-6.1.0-28-amd64'];

interface Part {
  readonly tree: FileTexts;
  readonly type?: 'ext2' | 'ext4' | 'xfs';
  readonly label?: string;
}

/** Writes a file of 16 MiB, or 320 MiB for xfs, with a filesystem that holds a tree. */
async function filesystem(scratch: FolderTree, name: string, { tree, type = 'ext4', label = '' }: Part) {
  const folder = scratch.at(`${name}.tree`);
  await mkdir(folder);
  const files = Object.entries(tree).map(([path, text]) => [`${name}.tree/${path}`, text]);
  await scratch.write(Object.fromEntries(files));
  const file = scratch.at(name);
  await run('truncate', ['--size', type === 'xfs' ? '320M' : '16M', file]);
  if (type === 'xfs') await run('mkfs.xfs', ['-q', file]);
  else await run('mke2fs', ['-q', '-F', '-t', type, '-L', label, '-d', folder, file]);
  return file;
}

/** Writes a disk with a table and partitions, one behind the other. */
async function disk(scratch: FolderTree, table: 'dos' | 'gpt', parts: readonly Part[]) {
  const image = scratch.at('disk.raw');
  const lines = [`label: ${table}`];
  let start = 1 << 20;
  const copies: (() => Promise<unknown>)[] = [];
  for (const [index, part] of parts.entries()) {
    const file = await filesystem(scratch, `part${index}`, part);
    const { size } = await stat(file);
    lines.push(`start=${start / 512}, size=${size / 512}`);
    const words = [`if=${file}`, `of=${image}`, 'bs=1M', `seek=${start >> 20}`, 'conv=notrunc,sparse', 'status=none'];
    copies.push(async () => await run('dd', words));
    start += size;
  }
  await run('truncate', ['--size', String(start + (1 << 20)), image]);
  await run('sfdisk', ['--quiet', image], { input: `${lines.join('\n')}\n` });
  for (const copy of copies) await copy();
  return image;
}

/** Calls the command for an image, with the folder `out` for its files. */
async function getKernel(
  scratch: FolderTree,
  image: string,
  { words = [], env = {} }: { readonly words?: readonly string[]; readonly env?: Environment } = {},
): Promise<TestCaller & { readonly status: number }> {
  await mkdir(scratch.at('out'), { recursive: true });
  await mkdir(scratch.at('tmp'), { recursive: true });
  const environment = { PATH: process.env.PATH ?? '', TMPDIR: scratch.at('tmp'), ...env };
  const caller = testCaller('disk-image-get-kernel', ['-i', image, '-d', scratch.at('out'), ...words], environment);
  const status = await main(caller);
  expect(await readdir(scratch.at('tmp'))).toEqual([]);
  return { ...caller, status };
}

async function out(scratch: FolderTree, name: string): Promise<string> {
  return await readFile(scratch.at(`out/${name}`), 'utf8');
}

describe('disk-image-get-kernel', () => {
  it('writes the newest kernel and its ramdisk, readable for all, and prints both names', {
    tags: ['commands.get-kernel', 'get-kernel.files'],
  }, async () => {
    await using scratch = await folderTree();
    const image = await disk(scratch, 'dos', [{ tree: DEBIAN }]);

    const { status, printed, complained } = await getKernel(scratch, image);

    expect({ status, said: complained() }).toEqual({ status: 0, said: '' });
    expect(printed()).toBe('baremetal-vmlinuz,baremetal-initrd\n');
    expect(await out(scratch, 'baremetal-vmlinuz')).toBe(KERNEL);
    expect(await out(scratch, 'baremetal-initrd')).toBe('ramdisk');
    expect((await stat(scratch.at('out/baremetal-vmlinuz'))).mode & 0o777).toBe(0o644);
    expect(await readdir(scratch.at('out'))).toEqual(['baremetal-initrd', 'baremetal-vmlinuz']);
  });

  it.each(['qcow2', 'vmdk', 'vhdx'])(
    'reads a %s without a partition table, and uses the prefix',
    {
      tags: ['get-kernel.options'],
    },
    async (format) => {
      await using scratch = await folderTree();
      const file = await filesystem(scratch, 'filesystem', { tree: DEBIAN, type: 'ext2' });
      await run('qemu-img', ['convert', '-f', 'raw', '-O', format, file, scratch.at('image')]);

      const { printed, complained } = await getKernel(scratch, scratch.at('image'), { words: ['-o', 'node', '-x'] });

      expect(printed()).toBe('node-vmlinuz,node-initrd\n');
      expect(complained()).toContain(`/boot/vmlinuz-6.1.0-28-amd64 becomes ${scratch.at('out/node-vmlinuz')}\n`);
      expect(await out(scratch, 'node-vmlinuz')).toBe(KERNEL);
    },
  );

  it('follows the table of the system to a /boot of its own, on sectors of 4096 bytes', async () => {
    await using scratch = await folderTree({
      'tree/etc/debian_version': '12\n',
      'tree/etc/fstab': '# by hand\nLABEL=start  /boot ext4 defaults 0 2\n',
      'tree/boot/vmlinuz-6': 'kernel',
      'tree/boot/initrd.img-6': 'ramdisk',
    });
    const output = scratch.at('disk.raw');
    const made = await assemble({ tree: scratch.at('tree'), output, layout: SEPARATE_BOOT });
    expect(made.status, made.tail.join('\n')).toBe(0);

    const { status, complained } = await getKernel(scratch, output);

    expect({ status, said: complained() }).toEqual({ status: 0, said: '' });
    expect(await out(scratch, 'baremetal-vmlinuz')).toBe('kernel');
  });

  it('follows links inside the image, and none that lead out of it', async () => {
    await using scratch = await folderTree();
    const image = await disk(scratch, 'gpt', [
      {
        tree: {
          'etc/SuSE-release': 'openSUSE\n',
          boot: 'link:/system/start',
          'system/start/vmlinuz-6': 'kernel',
          'system/start/initrd-6': 'ramdisk',
          'system/start/vmlinuz': 'link:/boot/../../../../boot/vmlinuz-6',
          'system/start/initrd': `link:${'./'.repeat(40)}initrd-6`,
        },
      },
    ]);

    expect((await getKernel(scratch, image)).printed()).toBe('baremetal-vmlinuz,baremetal-initrd\n');
    expect(await out(scratch, 'baremetal-vmlinuz')).toBe('kernel');
    expect(await out(scratch, 'baremetal-initrd')).toBe('ramdisk');
  });

  it('takes no file of the machine for a kernel', async () => {
    await using scratch = await folderTree({ secret: 'of the host' });
    const tree = {
      ...DEBIAN,
      'boot/vmlinuz-9': `link:${scratch.at('secret')}`,
      'boot/vmlinuz-8': 'link:vmlinuz-8',
    };
    const image = await disk(scratch, 'dos', [{ tree }]);

    await getKernel(scratch, image);

    expect(await out(scratch, 'baremetal-vmlinuz')).toBe(KERNEL);
  });

  it('heeds the note of a signed kernel without running it, and the patterns of the caller', async () => {
    await using scratch = await folderTree();
    const tree = {
      ...DEBIAN,
      'dib-signed-kernel-version': `touch ${scratch.at('out/owned')}\nexport DIB_SIGNED_KERNEL_VERSION="6.9"\n`,
      'boot/vmlinuz-6.9-generic.efi.signed': 'signed',
    };
    const image = await disk(scratch, 'dos', [{ tree }]);
    const env = { DIB_BAREMETAL_KERNEL_PATTERN: 'vmlinuz-*-9-*', DIB_BAREMETAL_INITRD_PATTERN: 'initrd.img-*-9-*' };

    await getKernel(scratch, image);
    await getKernel(scratch, image, { words: ['-o', 'older'], env });

    expect(await out(scratch, 'baremetal-vmlinuz')).toBe('signed');
    expect(await out(scratch, 'older-vmlinuz')).toBe('older kernel');
    expect(await readdir(scratch.at('out'))).not.toContain('owned');
  });

  it('says what an image has that cannot be read', async () => {
    await using scratch = await folderTree();
    const image = await disk(scratch, 'gpt', [{ tree: {}, type: 'xfs' }, { tree: { data: 'x' } }]);

    const { status, complained } = await getKernel(scratch, image);

    expect(status).toBe(1);
    expect(complained()).toMatch(
      /has no root filesystem that can be read: found xfs on partition 1, ext4 on partition 2\n/,
    );
    expect(complained()).toContain('The element baremetal');
  });

  it('says that a separate /boot cannot be read', async () => {
    await using scratch = await folderTree();
    const root = { 'etc/debian_version': '12\n', 'etc/fstab': 'LABEL=EFI /boot vfat\n' };
    const image = await disk(scratch, 'dos', [{ tree: root }, { tree: {} }]);
    await run('mkfs.vfat', ['-n', 'EFI', '--offset', String((17 << 20) / 512), image, '16384']);

    expect((await getKernel(scratch, image)).complained()).toContain('has its /boot on partition 2, which is vfat');
  });

  it.each([
    [{ 'etc/debian_version': '12\n', 'boot/initrd.img-6': '' }, 'No suitable kernel found in /boot.'],
    [
      { 'etc/debian_version': '12\n', 'boot/vmlinuz-6': '' },
      "Can't find an initramfs for the kernel vmlinuz-6 in /boot.",
    ],
    [{ 'etc/hostname': 'x' }, 'ERROR: Unable to detect operating system'],
  ])('says what is missing of %j', async (tree, reason) => {
    await using scratch = await folderTree();
    const image = await disk(scratch, 'dos', [{ tree }]);

    const { status, complained } = await getKernel(scratch, image);

    expect(status).toBe(1);
    expect(complained()).toContain(`disk-image-get-kernel: The image has nothing to start from: ${reason}\n`);
    expect(await readdir(scratch.at('out'))).toEqual([]);
  });

  it('says that there is no such image, no such folder, or that qemu-img cannot read it', async () => {
    await using scratch = await folderTree({ broken: 'QFI\xfb' });
    const image = await disk(scratch, 'dos', [{ tree: DEBIAN }]);
    const broken = scratch.at('broken.qcow2');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', broken, '1M']);
    await run('dd', ['if=/dev/urandom', `of=${broken}`, 'bs=8', 'seek=1', 'count=60', 'conv=notrunc', 'status=none']);

    expect((await getKernel(scratch, '/nowhere')).complained()).toContain('The image /nowhere cannot be read\n');
    expect((await getKernel(scratch, broken)).complained()).toMatch(/cannot be read by qemu-img\n(.|\n)*\| qemu-img: /);
    const { status, complained } = await getKernel(scratch, image, { words: ['-d', scratch.at('nowhere')] });
    expect(status).toBe(1);
    expect(complained()).toContain(`The file ${scratch.at('nowhere/baremetal-vmlinuz')} cannot be written\n`);
  });

  it('never gives out a part of a kernel where the disk is full', async () => {
    await using scratch = await folderTree({ 'out/': '' });
    const image = await disk(scratch, 'dos', [{ tree: { ...DEBIAN, 'boot/vmlinuz-7': 'x'.repeat(3 << 20) } }]);
    const program = new URL('../../../bin/disk-image-get-kernel', import.meta.url).pathname;
    const script = 'mount -t tmpfs -o size=1m small "$1" && ! "$2" -i "$3" -d "$1" 2>&1 && ls -A "$1"';

    const words = ['--mount', '--map-root-user', 'bash', '-c', script, 'bash', scratch.at('out'), program, image];
    const { stdout } = await run('unshare', words);

    expect(stdout).toMatch(/^disk-image-get-kernel: No space left for .*vmlinuz-?\S*, which takes 3\.0 MiB\n.*\n$/);
  });
});
