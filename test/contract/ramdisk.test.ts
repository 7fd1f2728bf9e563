import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RunResult, run } from '../../src/host/process.ts';
import { PHASE_NAMES } from '../../src/model/phase.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';
import { RAMDISK_OS, unpackRamdisk } from '../support/ramdisk-os.ts';

const PHASES_OF_RAMDISKS = PHASE_NAMES.filter((phase) => phase !== 'block-device.d');

const DEPLOY = {
  'deploy/element-deps': 'ramdisk-os\n',
  'deploy/binary-deps.d/deploy': 'awk sort\ntac\n',
  'deploy/install.d/10-tac': hook('cp /usr/bin/sort /usr/bin/tac'),
  'deploy/init.d/90-last': 'echo last\n',
  'deploy/init.d/15-first': 'echo first',
  'deploy/udev.d/99-deploy.rules': 'SUBSYSTEM=="deploy"\n',
  'deploy/ramdisk-install.d/50-add': hook('echo added >"$TMP_MOUNT_PATH/etc/added"', 'ls "$TMP_MOUNT_PATH/init"'),
  'deploy/ramdisk-install.d/50-add.txt': 'no hook\n',
  'deploy/post-install.d/98-before': hook('ls /tmp/ramdisk-build /tmp/ramdisk-build/scripts/d | sed "s/^/BROUGHT /"'),
  ...Object.fromEntries(PHASES_OF_RAMDISKS.map((phase) => [`deploy/${phase}/97-phase`, hook(`echo PHASE ${phase}`)])),
};

const RAMDISK = { command: 'ramdisk-image-create', elements: ['deploy'] } as const;

describe('a ramdisk', () => {
  let shop: Workshop;
  let result: RunResult;
  let ramdisk: string;
  const names = async (folder: string) => await readdir(join(ramdisk, folder), { recursive: true });
  const text = async (name: string) => await readFile(join(ramdisk, name), 'utf8');
  beforeAll(async () => {
    shop = await workshop({ ...RAMDISK_OS, ...DEPLOY });
    result = await shop.build(RAMDISK);
    expect(result.status, said(result)).toBe(0);
    ramdisk = await unpackRamdisk(shop);
    return async () => await shop[Symbol.asyncDispose]();
  });

  test('is an archive of the form newc, compressed by gzip', { tags: ['ramdisk.archive'] }, async () => {
    expect((await readFile(shop.at('image.initramfs'))).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    expect((await readFile(shop.at('image'))).toString('latin1', 0, 6)).toBe('070701');
  });

  test('is beside its kernel, and no disk image is', {
    tags: ['commands.ramdisk-image-create', 'names.ramdisk', 'ramdisk.copied-out', 'phases.ramdisk-image'],
  }, async () => {
    expect((await readdir(shop.path)).filter((name) => name.startsWith('image')).sort()).toEqual([
      'image',
      'image.initramfs',
      'image.kernel',
      'image.tar',
    ]);
    expect(result.stdout).not.toContain('filesystems, partitions');
  });

  test('goes through all phases', { tags: ['ramdisk.phases'] }, () => {
    expect(marked(result, 'PHASE')).toEqual(PHASES_OF_RAMDISKS);
  });

  test('comes with the last kernel in the order of bytes', { tags: ['ramdisk.kernel'] }, async () => {
    expect(await readFile(shop.at('image.kernel'), 'utf8')).toBe('kernel 5.9.0-1\n');
    expect(await names('lib/modules')).toContain('5.9.0-1/kernel/drivers/net/tun.ko');
    expect(await names('lib/modules')).not.toContain('5.10.0-9');
  });

  test('has the modules but framebuffers, the firmware and settings', { tags: ['ramdisk.busybox'] }, async () => {
    expect(await names('lib/modules/5.9.0-1/kernel/drivers/video')).toEqual(['backlight.ko', 'fbdev']);
    expect(await text('lib/firmware/card.bin')).toBe('blob\n');
    expect(await text('etc/modprobe.d/quiet.conf')).toBe('blacklist pcspkr\n');
  });

  test('has busybox, with links for what no other program does', { tags: ['ramdisk.busybox'] }, async () => {
    const { stdout } = await run('find', [join(ramdisk, 'bin'), '-lname', 'busybox', '-printf', '%f\n']);
    expect(stdout.trim().split('\n').sort()).toEqual(['ash', 'reboot', 'wget']);
    expect(await text('bin/ip')).toContain('the ip of the tree');
    expect(await text('bin/systemd-udevd')).toContain('the udevadm of the tree');
  });

  test('has the wanted programs, which run with its own libraries', { tags: ['ramdisk.busybox'] }, async () => {
    const { stdout } = await run('unshare', [
      '--map-root-user',
      'chroot',
      ramdisk,
      '/bin/bash',
      '-c',
      'tac --version && awk "BEGIN { print 6 * 7 }"',
    ]);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining([expect.stringMatching(/^sort /), '42']));
  });

  test('starts with the template, then the fragments by name', { tags: ['ramdisk.init'] }, async () => {
    const init = await text('init');
    const fragments = [...init.matchAll(/^# init fragment from (.*)$/gm)].map(([, name]) => name);
    expect(fragments).toEqual([
      '10-start-base-system',
      '15-first',
      '20-init-variables',
      '30-start-network',
      '40-check-network-ready',
      '90-last',
    ]);
    expect(init).toMatch(/^#!\/bin\/bash\n.*source \/init-func\n.*echo first\n.*echo last\n.*reboot -f\n/s);
    await run('bash', ['-n', join(ramdisk, 'init')]);
  });

  test('has the rules of the tree and of udev.d', { tags: ['ramdisk.udev'] }, async () => {
    expect(await text('lib/udev/rules.d/80-drivers.rules')).toContain('rule');
    expect(await text('lib/udev/rules.d/99-deploy.rules')).toContain('deploy');
  });

  test('has what hooks of ramdisk-install.d put into it last', { tags: ['ramdisk.install'] }, async () => {
    expect(await text('etc/added')).toBe('added\n');
    expect(result.stdout).toMatch(/Running \S*\/ramdisk-install\.d\/50-add\n/);
    expect(result.stdout).not.toContain('50-add.txt');
  });

  test('is built with the bash files of the library, in the tree', { tags: ['ramdisk.library'] }, () => {
    const brought = marked(result, 'BROUGHT');
    for (const name of ['common', 'img', 'ramdisk'])
      expect(brought).toEqual(expect.arrayContaining([`${name}-defaults`, `${name}-functions`]));
    expect(brought).toEqual(expect.arrayContaining(['init-func', 'scripts']));
  });

  test('asks for the packages that it is made of', () => {
    expect(marked(result, 'PACKAGES').join(' ').split(' ').sort()).toEqual([
      'busybox',
      'cpio',
      'isc-dhcp-client',
      'kmod',
      'udev',
    ]);
  });

  test('leaves nothing of itself in the tree', async () => {
    const left = (await shop.names()).filter((name) => /^tmp\/|dib_build|dib_image|ramdisk-build/.test(name));
    expect(left).toEqual([]);
  });

  test('is written again from kept layers, byte for byte', async () => {
    const first = await readFile(shop.at('image.initramfs'));
    await run('rm', [shop.at('image.initramfs'), shop.at('image.kernel')]);

    const again = await shop.build(RAMDISK);

    expect(again.status, said(again)).toBe(0);
    expect(said(again)).not.toContain('building ramdisk in');
    expect((await readFile(shop.at('image.initramfs'))).equals(first)).toBe(true);
    expect(await readFile(shop.at('image.kernel'), 'utf8')).toBe('kernel 5.9.0-1\n');
  });

  test('is the same bytes when it is built anew', async () => {
    const first = await readFile(shop.at('image.initramfs'));

    const anew = await shop.build({ ...RAMDISK, env: { DIB_IMAGE_CACHE: shop.at('other-cache') } });

    expect(anew.status, said(anew)).toBe(0);
    expect((await readFile(shop.at('image.initramfs'))).equals(first)).toBe(true);
  });

  test('is built again when a fragment changes', async () => {
    await shop.write({ 'deploy/init.d/90-last': 'echo later\n' });

    const changed = await shop.build(RAMDISK);

    expect(changed.status, said(changed)).toBe(0);
    expect(await readFile(join(await unpackRamdisk(shop), 'init'), 'utf8')).toContain('echo later\n');
  });
});

test('an element of one’s own builds a ramdisk with the functions of the library', {
  tags: ['cli.ramdisk-element', 'elements.ramdisk-first', 'ramdisk.library'],
}, async () => {
  await using shop = await workshop({
    ...RAMDISK_OS,
    'own/element-deps': 'ramdisk-base\nramdisk-os\n',
    'own/binary-deps.d/own': 'ip\n',
    'own/ramdisk-install.d/10-own': hook('echo own >"$TMP_MOUNT_PATH/own"'),
    'own/post-install.d/99-own': hook(
      'set -u',
      '_LIB=/tmp/ramdisk-build',
      'for part in common img ramdisk; do source $_LIB/$part-defaults; done',
      'for part in common img ramdisk; do source $_LIB/$part-functions; done',
      'KERNEL_VERSION=$(find_kernel_version)',
      'MODULE_DIR=$MODULE_ROOT/lib/modules/$KERNEL_VERSION FIRMWARE_DIR=$MODULE_ROOT/lib/firmware',
      'LIB_UDEV=$LIB_UDEV_ROOT/lib/udev INIT=$_LIB/scripts/init FUNCTIONS_D=$_LIB/scripts/d BUSYBOX=$(type -p busybox)',
      'mk_build_dir',
      'mkdir -p $TMP_BUILD_DIR/mnt',
      'export TMP_HOOKS_PATH=/tmp TMP_MOUNT_PATH=$TMP_BUILD_DIR/mnt',
      'create_ramdisk_base; populate_lib; populate_busybox; populate_init; populate_udev',
      'TMP_HOOKS_PATH=/tmp/in_target.d run_d ramdisk-install',
      'finalise_image; save_image /tmp/ramdisk; trap EXIT',
      'cp /boot/vmlinu[zx]-$KERNEL_VERSION /tmp/kernel',
    ),
  });

  const result = await shop.build({
    command: 'ramdisk-image-create',
    options: ['--ramdisk-element', 'own'],
    elements: ['ramdisk-os'],
    // A folder of the host that the chroot does not have.
    env: { TMP_DIR: shop.at('tmp') },
  });

  expect(result.status, said(result)).toBe(0);
  expect(said(result)).toMatch(/Building elements: own fake-os /);
  const ramdisk = await unpackRamdisk(shop);
  expect(await readFile(join(ramdisk, 'own'), 'utf8')).toBe('own\n');
  expect(await readdir(ramdisk)).toEqual(expect.arrayContaining(['init', 'init-func', 'bin', 'sbin', 'lib', 'lib64']));
});

describe('a ramdisk that cannot be built', () => {
  test('names each program that is not installed, and who wants it', { tags: ['ramdisk.binary-deps'] }, async () => {
    await using shop = await workshop({
      ...RAMDISK_OS,
      'needy/element-deps': 'ramdisk-os\n',
      'needy/binary-deps.d/one': 'bash frobnicate\n',
      'needy/binary-deps.d/two': 'tweak\n',
    });

    const result = await shop.build({ command: 'ramdisk-image-create', elements: ['needy'] });

    expect(result.status).toBe(1);
    expect(said(result)).toContain('frobnicate (of binary-deps.d/one) is not found in PATH');
    expect(said(result)).toContain('tweak (of binary-deps.d/two) is not found in PATH');
    expect(said(result)).toContain('post-install.d/01-ensure-binaries of element ramdisk-base ended with status 1');
    expect(await readdir(shop.path)).not.toContain('image.initramfs');
  });

  test('tells which kernels there are when the one asked for is not', async () => {
    await using shop = await workshop(RAMDISK_OS);
    const call = { command: 'ramdisk-image-create', elements: ['ramdisk-os'] } as const;

    const result = await shop.build({ ...call, env: { DIB_KERNEL_VERSION: '7.0' } });
    expect(result.status).toBe(1);
    expect(said(result)).toContain(
      'There is no kernel of version 7.0 in /boot, which has: vmlinuz-5.10.0-9 vmlinuz-5.9.0-1',
    );

    const other = await shop.build({ ...call, env: { DIB_KERNEL_VERSION: '5.10.0-9' }, options: ['--checksum'] });
    expect(other.status, said(other)).toBe(0);
    expect(await readFile(shop.at('image.kernel'), 'utf8')).toBe('kernel 5.10.0-9\n');
    await run('sha256sum', ['--check', 'image.kernel.sha256', 'image.initramfs.sha256'], { cwd: shop.path });
    await run('md5sum', ['--check', 'image.kernel.md5', 'image.initramfs.md5'], { cwd: shop.path });
  });

  test('says before anything runs that there is no folder for it', async () => {
    await using shop = await workshop(RAMDISK_OS);

    const result = await shop.command('ramdisk-image-create', ['-n', '-o', 'nowhere/deploy', 'fake-os', 'ramdisk-os']);

    expect(result.status).toBe(1);
    expect(said(result)).toContain(`There is no folder ${shop.at('work/nowhere')} for the image`);
    expect(said(result)).not.toContain('root.d');
  });
});
