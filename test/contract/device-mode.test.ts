import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run, runForStatus } from '../../src/host/process.ts';
import { MIB } from '../../src/model/bytes.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';
import { checkExt } from '../support/disk-image.ts';
import { extractPartition, partitionsOf } from '../support/partitions.ts';
import { testUser } from '../support/test-user.ts';

const WITH_PLAIN_DEV = fileURLToPath(new URL('../support/with-plain-dev', import.meta.url));

const LAYOUT = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: ESP, type: EF00, size: 34MiB, mkfs: {type: vfat, label: esp, mount: {mount_point: /boot/efi, fstab: {options: defaults}}}}
      - {name: root, size: 100%, mkfs: {type: ext4, label: rootfs, mount: {mount_point: /, fstab: {options: defaults}}}}
`;

/** Reads the disk in every way that a hook may, and writes to each filesystem. */
const READER = {
  'reader/pre-finalise.d/10-disk': hook(
    'eval "declare -A devices=($IMAGE_BLOCK_DEVICES)"',
    'echo "NAMES $(printf "%s\\n" "${!devices[@]}" | sort | tr "\\n" " ")"',
    'echo "TYPE $(blkid -o value -s PTTYPE "$IMAGE_BLOCK_DEVICE")"',
    'echo "LABEL $(blkid -o value -s LABEL "${devices[root]}")"',
    'echo "ROOT $([[ $(findmnt -n -o SOURCE "$TMP_MOUNT_PATH") == "${devices[root]}" ]] && echo mounted)"',
    'tune2fs -c 77 "${devices[root]}" >/dev/null',
    'tail -n 2 "$TMP_MOUNT_PATH/etc/fstab" | sed "s/^/FSTAB /"',
  ),
  'reader/finalise.d/10-write': hook(
    '[[ -b $IMAGE_BLOCK_DEVICE ]]',
    'echo late >/etc/late',
    'echo efi >/boot/efi/late.txt',
    'echo "KIB $DIB_IMAGE_SIZE"',
  ),
};

async function buildOnDisk(shop: Workshop, options: readonly string[] = ['-t', 'raw']) {
  const env = { DIB_BLOCK_DEVICE_CONFIG: LAYOUT, DIB_IMAGE_SIZE: '0.2', DIB_JOURNAL_SIZE: '4' };
  return await shop.build({ elements: ['reader'], options, env });
}

test('hooks that read the disk find it attached and mounted, and what they do to it is in the image', {
  tags: ['phases.final-tree'],
}, async () => {
  await using shop = await workshop(READER);
  const before = await shop.hostState();

  const result = await buildOnDisk(shop, ['-t', 'raw,tar']);

  expect(result.status, said(result)).toBe(0);
  expect(said(result)).toContain(
    'device mode: the last phases run on a block device, because pre-finalise.d/10-disk of element reader reads IMAGE_BLOCK_DEVICE',
  );
  expect(marked(result, 'NAMES')).toEqual(['ESP image0 root ']);
  expect(marked(result, 'TYPE')).toEqual(['gpt']);
  expect(marked(result, 'LABEL')).toEqual(['rootfs']);
  expect(marked(result, 'ROOT')).toEqual(['mounted']);
  expect(marked(result, 'KIB')).toEqual(['209728']);
  expect(marked(result, 'FSTAB')).toEqual([
    'LABEL=rootfs / ext4 defaults 0 2',
    'LABEL=ESP /boot/efi vfat defaults 0 2',
  ]);
  const raw = shop.at('image.raw');
  const [esp, root] = (await partitionsOf(raw)).partitions;
  const at = root?.offset ?? 0;
  expect(await checkExt(raw, at)).toBe('');
  expect((await run('debugfs', ['-R', 'cat /etc/late', `${raw}?offset=${at}`])).stdout).toBe('late\n');
  expect((await run('debugfs', ['-R', 'show_super_stats -h', `${raw}?offset=${at}`])).stdout).toMatch(
    /Maximum mount count: +77/,
  );
  expect((await run('debugfs', ['-R', 'stat /dev/console', `${raw}?offset=${at}`])).stdout).toContain(
    'character special',
  );
  expect((await run('mtype', ['-i', `${raw}@@${esp?.offset}`, '::/late.txt'])).stdout).toBe('efi\n');
  expect(await shop.content('etc/late')).toBe('late\n');
  expect(await shop.names()).toContain('boot/efi/late.txt');
  expect(await shop.hostState()).toEqual(before);
  expect(await shop.leftovers()).toEqual([]);
});

test('partitions get their nodes where /dev is a plain folder', async () => {
  await using shop = await workshop({
    'reader/finalise.d/10-nodes': hook(
      'eval "declare -A devices=($IMAGE_BLOCK_DEVICES)"',
      '[[ -b ${devices[root]} ]]',
      'echo "NODE found"',
    ),
  });
  const words = shop.buildWords({ elements: ['reader'] });
  const env = { DIB_BLOCK_DEVICE_CONFIG: LAYOUT, DIB_IMAGE_SIZE: '0.2', DIB_JOURNAL_SIZE: '4' };

  const result = await runForStatus('unshare', ['--mount', '--propagation', 'private', WITH_PLAIN_DEV, ...words], {
    env: shop.environment({ env }),
    cwd: shop.at('work'),
  });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'NODE')).toEqual(['found']);
});

test('a disk that a hook of block-device.d has made takes the place of the layout', {
  tags: ['device.hook', 'phases.size'],
}, async () => {
  await using shop = await workshop({
    'own/block-device.d/10-make': hook(
      'echo "KIB $DIB_IMAGE_SIZE"',
      'echo "TREE $(ls "$TMP_BUILD_DIR/built/etc/passwd")"',
      'truncate -s 80M "$TMP_IMAGE_DIR/mine"',
      'device=$(losetup --find --show "$TMP_IMAGE_DIR/mine")',
      'mke2fs -q -t ext2 -L mine "$device"',
      'mount "$device" "$TMP_MOUNT_PATH"',
      'echo "IMAGE_BLOCK_DEVICE=$device"',
    ),
    'own/finalise.d/10-look': hook(
      '[[ -b $IMAGE_BLOCK_DEVICE ]]',
      'echo "NAMES ${IMAGE_BLOCK_DEVICES-unset}"',
      'echo "FSTAB $(ls /etc/fstab 2>&1 | tail -c 26)"',
      'echo late >/etc/late',
      'chmod 0701 /',
    ),
  });
  const before = await shop.hostState();
  const call = {
    elements: ['own'],
    options: ['-t', 'raw,tar'],
    env: { DIB_BLOCK_DEVICE_CONFIG: LAYOUT, DIB_IMAGE_SIZE: '0.2' },
  };

  const result = await shop.build(call);

  expect(result.status, said(result)).toBe(0);
  expect(said(result)).toContain('because block-device.d/10-make of element own makes one');
  expect(said(result)).toMatch(/The image is on \/dev\/loop\d+; the block-device layout is left out/);
  expect(marked(result, 'KIB')).toEqual(['209728']);
  expect(marked(result, 'TREE')).toEqual([expect.stringContaining('/built/etc/passwd')]);
  expect(marked(result, 'NAMES')).toEqual(['unset']);
  expect(marked(result, 'FSTAB')).toEqual(['No such file or directory']);
  const raw = shop.at('image.raw');
  expect((await stat(raw)).size).toBe(80 * MIB);
  expect(await checkExt(raw, 0)).toBe('');
  expect((await run('debugfs', ['-R', 'cat /etc/late', raw])).stdout).toBe('late\n');
  expect((await run('debugfs', ['-R', 'stat /', raw])).stdout).toMatch(/Mode: +0701/);
  expect((await run('debugfs', ['-R', 'show_super_stats -h', raw])).stdout).toContain('mine');
  expect(await shop.content('etc/late')).toBe('late\n');
  expect(await shop.hostState()).toEqual(before);
  expect(await shop.leftovers()).toEqual([]);
});

test('a device that the caller names is the image, and stays the caller’s', { tags: ['device.hook'] }, async () => {
  await using shop = await workshop({
    'boot/cleanup.d/10-sector': hook(
      'echo "AT $IMAGE_BLOCK_DEVICE"',
      'printf mine | dd of="$IMAGE_BLOCK_DEVICE" conv=notrunc status=none',
    ),
  });
  await run('truncate', ['-s', '4M', shop.at('disk')]);
  const device = (await run('losetup', ['--find', '--show', shop.at('disk')])).stdout.trim();
  try {
    const result = await shop.build({
      elements: ['boot'],
      options: ['-t', 'raw'],
      env: { IMAGE_BLOCK_DEVICE: device },
    });

    expect(result.status, said(result)).toBe(0);
    expect(marked(result, 'AT')).toEqual([device]);
    expect((await readFile(shop.at('image.raw'))).subarray(0, 8).toString()).toBe('mine\0\0\0\0');
    expect((await run('losetup', ['--noheadings', '--output', 'BACK-FILE', device])).stdout.trim()).toBe(
      shop.at('disk'),
    );
  } finally {
    await run('losetup', ['--detach', device]);
  }
});

test('a hook of block-device.d that names no device leaves the layout in place, and earlier steps are restored', async () => {
  await using shop = await workshop({
    'say/block-device.d/10-say': hook('echo "RAN block-device"'),
    'say/install.d/10-say': hook('echo "RAN install"'),
    'say/finalise.d/10-say': hook('echo "RAN finalise"', 'echo "FSTAB $(cut -d " " -f 1-2 /etc/fstab)"'),
  });
  const call = { elements: ['say'], options: ['-t', 'tar'], env: { DIB_IMAGE_SIZE: '0.2', DIB_JOURNAL_SIZE: '4' } };

  const first = await shop.build(call);
  const second = await shop.build(call);

  expect(marked(first, 'RAN'), said(first)).toEqual(['install', 'block-device', 'finalise']);
  expect(marked(first, 'FSTAB')).toEqual(['LABEL=cloudimg-rootfs /']);
  expect(marked(second, 'RAN'), said(second)).toEqual(['block-device', 'finalise']);
});

test('a name of no block device is refused before the first hook', async () => {
  await using shop = await workshop({ 'say/root.d/01-say': hook('echo "RAN first"') });

  const result = await shop.build({ elements: ['say'], env: { IMAGE_BLOCK_DEVICE: '/dev/null' } });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('IMAGE_BLOCK_DEVICE is /dev/null, which is no block device');
  expect(said(result)).not.toContain('RAN first');
});

test('a loop device of a hook that fails, or names none that is there, goes with the build', async () => {
  const make = 'truncate -s 1M "$TMP_IMAGE_DIR/mine"; losetup --find "$TMP_IMAGE_DIR/mine"';
  await using shop = await workshop({
    'fails/block-device.d/10-make': hook(make, 'exit 9'),
    'lies/block-device.d/10-make': hook(make, 'echo IMAGE_BLOCK_DEVICE=/dev/nowhere'),
  });
  const before = await shop.hostState();

  const fails = await shop.build({ elements: ['fails'] });
  const lies = await shop.build({ elements: ['lies'] });

  expect([fails.status, lies.status]).toEqual([9, 1]);
  expect(said(lies)).toContain('IMAGE_BLOCK_DEVICE is /dev/nowhere, which is no block device');
  expect(await shop.hostState()).toEqual(before);
  expect(await shop.leftovers()).toEqual([]);
});

test('hooks that name the disk to GRUB alone get a name and no device', async () => {
  await using shop = await workshop({
    'boot/finalise.d/50-bootloader': hook(
      'BOOT_DEV=$IMAGE_BLOCK_DEVICE',
      'echo "NAME $BOOT_DEV"',
      '[[ ! -e $BOOT_DEV ]]',
      'true grub-install',
    ),
  });

  const result = await shop.build({ elements: ['boot'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'NAME')).toEqual(['/dev/ingot0']);
  expect(said(result)).not.toContain('device mode');
});

test('a hook that fails on a mere name is told how to get the device', async () => {
  await using shop = await workshop({
    'boot/finalise.d/50-bootloader': hook('true grub-install', 'cat "$IMAGE_BLOCK_DEVICE" >/dev/null'),
  });

  const result = await shop.build({ elements: ['boot'] });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('DIB_DEVICE_MODE=always');
});

test('a layout of logical volumes and xfs is mounted without device-mapper', async () => {
  const lvm = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: mbr
    partitions:
      - {name: boot, flags: [primary], size: 8MiB, mkfs: {type: ext2, mount: {mount_point: /boot}}}
      - {name: pool, flags: [primary], size: 100%}
- lvm:
    name: lvm
    pvs: [{name: pv, base: pool}]
    vgs: [{name: vg, base: [pv]}]
    lvs: [{name: lv_root, base: vg, size: 100MiB}, {name: lv_home, base: vg, size: 310MiB}]
- mkfs: {name: fs_root, base: lv_root, type: ext4, label: rootfs, opts: '-J size=4', mount: {mount_point: /}}
- mkfs: {name: fs_home, base: lv_home, type: xfs, label: home, mount: {mount_point: /home}}
`;
  await using shop = await workshop({
    'reader/pre-finalise.d/10-disk': hook(
      'eval "declare -A devices=($IMAGE_BLOCK_DEVICES)"',
      'for name in lv_root lv_home boot; do echo "TYPE $name $(blkid -o value -s TYPE "${devices[$name]}")"; done',
    ),
    'reader/finalise.d/10-write': hook('echo home >/home/file', 'echo boot >/boot/file', 'echo root >/file'),
  });
  const env = { DIB_BLOCK_DEVICE_CONFIG: lvm, DIB_IMAGE_SIZE: '0.45' };
  const before = await shop.hostState();

  const result = await shop.build({ elements: ['reader'], options: ['-t', 'raw'], env });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'TYPE')).toEqual(['lv_root ext4', 'lv_home xfs', 'boot ext2']);
  const raw = shop.at('image.raw');
  const [boot, pool] = (await partitionsOf(raw)).partitions;
  const [root, home] = [(pool?.offset ?? 0) + MIB, (pool?.offset ?? 0) + 101 * MIB];
  const cat = async (offset: number, path: string) =>
    (await run('debugfs', ['-R', `cat ${path}`, `${raw}?offset=${offset}`])).stdout;
  expect([await cat(root, '/file'), await cat(boot?.offset ?? 0, '/file')]).toEqual(['root\n', 'boot\n']);
  expect(await checkExt(raw, root)).toBe('');
  await extractPartition(raw, { offset: home, size: 308 * MIB, type: '', isBootable: false }, shop.at('home.xfs'));
  expect((await runForStatus('xfs_repair', ['-n', '-f', shop.at('home.xfs')])).status).toBe(0);
  expect((await run('xfs_db', ['-r', '-f', '-c', 'path /', '-c', 'ls', shop.at('home.xfs')])).stdout).toContain(
    ' file',
  );
  expect(await shop.hostState()).toEqual(before);
});

test.each([
  ['exit 42', 42],
  ['mount -t tmpfs mine "$TMP_MOUNT_PATH/tmp"; sleep 300 & exit 7', 7],
])('a hook that fails on the disk with %s leaves nothing', async (text, status) => {
  await using shop = await workshop({ 'reader/pre-finalise.d/10-disk': hook('echo "$IMAGE_BLOCK_DEVICE"', text) });
  const before = await shop.hostState();

  const result = await shop.build({ elements: ['reader'], env: { DIB_IMAGE_SIZE: '0.2', DIB_JOURNAL_SIZE: '4' } });

  expect(result.status, said(result)).toBe(status);
  expect(await shop.hostState()).toEqual(before);
  expect(await shop.leftovers()).toEqual([]);
});

test('a user is told before the first hook what needs a device, and builds without where names will do', async () => {
  await using user = await testUser();
  await using shop = await workshop({
    ...READER,
    'say/root.d/01-say': hook('echo "RAN first"'),
    'say/cleanup.d/10-name': hook('echo "NAME $IMAGE_BLOCK_DEVICE"'),
  });
  const buildAsUser = async (elements: readonly string[], env = {}) => {
    const [command = '', ...args] = await user.words(shop, shop.buildWords({ elements }));
    return await runForStatus(command, args, { env: shop.environment({ env }), cwd: shop.at('work') });
  };

  const refused = await buildAsUser(['reader', 'say']);
  const allowed = await buildAsUser(['say'], { DIB_DEVICE_MODE: 'never' });

  expect(refused.status).toBe(1);
  expect(said(refused)).toContain(
    'pre-finalise.d/10-disk of element reader reads IMAGE_BLOCK_DEVICE, and only root can make one',
  );
  expect(said(refused)).toContain('cleanup.d/10-name of element say');
  expect(said(refused)).toContain('DIB_DEVICE_MODE=never');
  expect(said(refused)).not.toContain('RAN first');
  expect(marked(allowed, 'NAME'), said(allowed)).toEqual(['/dev/ingot0']);
});
