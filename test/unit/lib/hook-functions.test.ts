import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type RunResult, runForStatus } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { withOriginalLibrary } from '../../support/original.ts';

const OWN = fileURLToPath(new URL('../../../lib/dib', import.meta.url));

/** Runs bash with the functions of a library. Ours also have to bear unset variables being errors, as strict hooks want it. */
async function bash(library: string, script: string, env: Environment = {}): Promise<RunResult> {
  const strict = library === OWN ? 'set -u; ' : '';
  return await runForStatus('bash', ['-eo', 'pipefail', '-c', `${strict}${script}`], {
    env: { PATH: '/usr/bin:/bin', _LIB: library, ...env },
  });
}

async function select(
  library: string,
  entries: Record<string, string>,
  env: Environment = {},
): Promise<Pick<RunResult, 'status' | 'stdout'>> {
  await using scratch = await folderTree(entries);
  const script = 'source "$_LIB/img-functions"; select_boot_kernel_initrd "$TREE"; echo "$BOOTDIR $KERNEL $RAMDISK"';
  const { status, stdout } = await bash(library, script, { TREE: scratch.path, ...env });
  return { status, stdout: stdout.replaceAll(scratch.path, '') };
}

function boot(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`boot/${name}`, '']));
}

const DEBIAN = { 'etc/debian_version': '12.8\n' };
const REDHAT = { 'etc/redhat-release': 'CentOS Stream\n' };

describe.each(withOriginalLibrary(OWN))('select_boot_kernel_initrd: %s', (_whose, library) => {
  it.each<[string, Record<string, string>, string]>([
    [
      'the newest kernel of Debian',
      {
        ...DEBIAN,
        ...boot(
          'vmlinuz-6.1.0-9-amd64',
          'vmlinuz-6.1.0-28-amd64',
          'initrd.img-6.1.0-9-amd64',
          'initrd.img-6.1.0-28-amd64',
        ),
      },
      'vmlinuz-6.1.0-28-amd64 initrd.img-6.1.0-28-amd64',
    ],
    [
      'a generic kernel before a newer special one',
      {
        ...DEBIAN,
        ...boot('vmlinuz-6.8-generic', 'vmlinuz-6.9-lowlatency', 'initrd.img-6.8-generic', 'initrd.img-6.9-lowlatency'),
      },
      'vmlinuz-6.8-generic initrd.img-6.8-generic',
    ],
    [
      'the signed kernel that the tree speaks of',
      {
        ...DEBIAN,
        ...boot('vmlinuz-4.4-generic', 'vmlinuz-4.4-generic.efi.signed', 'initrd.img-4.4-generic'),
        'dib-signed-kernel-version': 'DIB_SIGNED_KERNEL_VERSION=4.4\n',
      },
      'vmlinuz-4.4-generic.efi.signed initrd.img-4.4-generic',
    ],
    [
      'the newest kernel of Red Hat that is no debug kernel, and the ramdisk of its version',
      {
        ...REDHAT,
        ...boot(
          'vmlinuz-5.14.0-9',
          'vmlinuz-5.14.0-10',
          'vmlinuz-5.15.0-1+debug',
          'initramfs-5.14.0-9.img',
          'initramfs-5.14.0-10.img',
        ),
      },
      'vmlinuz-5.14.0-10 initramfs-5.14.0-10.img',
    ],
    [
      'a kernel with PAE before a newer one without',
      { ...REDHAT, ...boot('vmlinuz-3.1.PAE', 'vmlinuz-3.2', 'initramfs-3.1.PAE.img', 'initramfs-3.2.img') },
      'vmlinuz-3.1.PAE initramfs-3.1.PAE.img',
    ],
    [
      'what the links of SuSE lead to',
      {
        'etc/SuSE-release': '',
        ...boot('vmlinux-6', 'initrd-6'),
        'boot/vmlinuz': 'link:vmlinux-6',
        'boot/initrd': 'link:initrd-6',
      },
      'vmlinux-6 initrd-6',
    ],
    [
      'the newest kernel of Gentoo',
      { 'etc/gentoo-release': '', ...boot('vmlinuz-6.9', 'vmlinuz-6.10', 'initramfs-6.9', 'initramfs-6.10') },
      'vmlinuz-6.10 initramfs-6.10',
    ],
  ])(
    'finds %s',
    { tags: ['kernel.redhat', 'kernel.debian', 'kernel.suse', 'lib.select-boot-kernel'] },
    async (_case, entries, expected) => {
      expect(await select(library, entries)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`/boot ${expected}\n`),
      });
    },
  );

  it('knows openSUSE by DISTRO_NAME', { tags: ['kernel.others'] }, async () => {
    const entries = {
      ...boot('Image-6', 'initrd-6'),
      'boot/vmlinuz': 'link:Image-6',
      'boot/initrd': 'link:initrd-6',
    };

    expect(await select(library, entries, { DISTRO_NAME: 'opensuse' })).toEqual({
      status: 0,
      stdout: '/boot Image-6 initrd-6\n',
    });
  });

  it('goes by the patterns of the caller before anything else', { tags: ['kernel.patterns'] }, async () => {
    const env = { DIB_BAREMETAL_KERNEL_PATTERN: 'my-kernel*', DIB_BAREMETAL_INITRD_PATTERN: 'my-initrd*' };

    expect(
      await select(
        library,
        { ...DEBIAN, ...boot('my-kernel-2', 'my-kernel-10', 'my-initrd-10', 'vmlinuz-99', 'initrd-99') },
        env,
      ),
    ).toEqual({
      status: 0,
      stdout: '/boot my-kernel-10 my-initrd-10\n',
    });
  });
});

it.each<[string, Record<string, string>, string]>([
  ['no kernel', { ...DEBIAN, 'boot/': '' }, 'No suitable kernel found'],
  [
    'no ramdisk for the kernel',
    { ...REDHAT, ...boot('vmlinuz-5', 'initramfs-4.img') },
    "Can't find an initramfs for the kernel vmlinuz-5",
  ],
  ['a system it does not know', boot('vmlinuz-5'), 'ERROR: Unable to detect operating system'],
])('select_boot_kernel_initrd ends with 1 for %s', { tags: ['kernel.others'] }, async (_case, entries, message) => {
  expect(await select(OWN, entries)).toMatchObject({ status: 1, stdout: expect.stringContaining(message) });
});

describe.each(withOriginalLibrary(OWN))('die: %s', (_whose, library) => {
  it('prints its words and ends with the status of the command before it', { tags: ['lib.die'] }, async () => {
    expect(await bash(library, 'source "$_LIB/die"; (exit 3) || die no such thing')).toMatchObject({
      status: 3,
      stdout: 'no such thing\n',
    });
  });

  it('is there in the scripts that a hook starts', async () => {
    expect(await bash(library, 'source "$_LIB/die"; bash -c "false || die inner"')).toMatchObject({
      status: 1,
      stdout: 'inner\n',
    });
  });
});

describe.each(withOriginalLibrary(OWN))('the defaults: %s', (_whose, library) => {
  it('stand where the caller says nothing', { tags: ['lib.defaults'] }, async () => {
    const script = 'source "$_LIB/img-defaults"; env';
    const { stdout } = await bash(library, script, { ARCH: 'arm64', DIB_MIN_TMPFS: '5' });

    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'ARCH=arm64',
        'DIB_CHECKSUM=0',
        'DIB_MIN_TMPFS=5',
        'DIB_NO_TMPFS=0',
        'DIB_OFFLINE=',
        'FS_TYPE=ext4',
        'IMAGE_NAME=image',
        'IMAGE_TYPE=qcow2',
        'PATH=/usr/bin:/bin:/sbin:/usr/sbin:/usr/local/sbin',
      ]),
    );
  });
});

describe.each(withOriginalLibrary(OWN))('the files to source: %s', (_whose, library) => {
  it.each([
    ['die', 'die'],
    ['common-functions', 'run_d check_break unmount_dir mount_dev_pts_options mount_proc_dev_sys'],
    ['img-functions', 'run_in_target select_boot_kernel_initrd'],
    [
      'ramdisk-functions',
      'populate_lib populate_init populate_udev populate_busybox finalise_image find_kernel_version',
    ],
    ['common-defaults', ''],
    ['img-defaults', ''],
    ['ramdisk-defaults', ''],
  ])('%s has the functions %j', { tags: ['lib.files'] }, async (file, functions) => {
    const script = `source "$_LIB/${file}"; declare -F ${functions} >/dev/null`;

    expect(await bash(library, script)).toMatchObject({ status: 0 });
  });
});

describe.each(withOriginalLibrary(OWN))('the common functions: %s', (_whose, library) => {
  it('give mount options for devpts', { tags: ['lib.mount-options'] }, async () => {
    expect((await bash(library, 'source "$_LIB/common-functions"; mount_dev_pts_options')).stdout).toMatch(
      /^-o \S+\n$/,
    );
  });

  it('run the hooks of a phase between its break points', { tags: ['lib.run-d'] }, async () => {
    await using scratch = await folderTree({ 'ramdisk-install.d/10-a': 'exec:#!/bin/bash\necho hook\n' });

    const { status, stdout } = await bash(library, 'source "$_LIB/common-functions"; run_d ramdisk-install', {
      TMP_HOOKS_PATH: scratch.path,
      break: 'before-ramdisk-install,after-other',
      break_cmd: 'pwd',
    });

    expect(status).toBe(0);
    expect(stdout).toBe(`${process.cwd()}\nRunning hooks from ${scratch.at('ramdisk-install.d')}\nhook\n`);
  });

  it('unmount what lies below a folder, but for the mount points of the layout', {
    tags: ['lib.unmount'],
  }, async () => {
    // The original cannot unmount what has a blank in its name.
    const name = library === OWN ? 'a b' : 'ab';
    await using scratch = await folderTree({
      [`mnt/${name}/`]: '',
      'mnt/boot/efi/': '',
      'bin/sudo': 'exec:#!/bin/sh\nexec "$@"\n',
    });
    const script = [
      `mount -t tmpfs a "$1/mnt/${name}"`,
      'mount -t tmpfs b "$1/mnt/boot/efi"',
      'source "$_LIB/common-functions"',
      'unmount_dir "$1/mnt"',
      'findmnt -rno TARGET | grep "$1"',
    ].join('; ');

    const { status, stdout } = await runForStatus(
      'unshare',
      ['-rm', 'bash', '-euo', 'pipefail', '-c', script, 'hook', scratch.path],
      {
        env: { PATH: `${scratch.at('bin')}:/usr/bin:/bin:/usr/sbin`, _LIB: library, DIB_MOUNTPOINTS: '/|/boot/efi' },
      },
    );

    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      `Mountpoint ${scratch.at('mnt/boot/efi')} managed by block device; skipping`,
      `Unmount ${scratch.at(`mnt/${name}`)}`,
      scratch.at('mnt/boot/efi'),
    ]);
  });
});
