import { describe, expect, test } from 'vitest';
import { type ElementRig, elementRig, recorder } from './element-rig.ts';

const GROWVOLS = 'static/usr/local/sbin/growvols';

/** A line of `lsblk --pairs`. */
function device(
  kname: string,
  parent: string,
  name: string,
  label: string,
  type: string,
  more = 'FSTYPE="" MOUNTPOINT=""',
) {
  return `KNAME="${kname}" PKNAME="${parent}" NAME="${name}" LABEL="${label}" TYPE="${type}" ${more}\n`;
}

function mounted(fstype: string, point: string): string {
  return `FSTYPE="${fstype}" MOUNTPOINT="${point}"`;
}

const DISK = [
  device('vda', '', 'vda', '', 'disk'),
  device('vda1', 'vda', 'vda1', 'ESP', 'part', mounted('vfat', '/boot/efi')),
  device('vda4', 'vda', 'vda4', '', 'part', mounted('LVM2_member', '')),
  device('dm-0', 'vda4', 'vg-lv_root', 'img-rootfs', 'lvm', mounted('xfs', '/')),
  device('dm-1', 'vda4', 'vg-lv_var', 'fs_var', 'lvm', mounted('ext4', '/var')),
  device('dm-2', 'vda4', 'vg-lv_swap', 'swap', 'lvm', mounted('swap', '[SWAP]')),
].join('');

interface Machine {
  readonly devices?: string;
  /** First and last free sector of 512 bytes; 10 GiB unless given. */
  readonly free?: string;
  readonly groups?: string;
  readonly volumes?: string;
  readonly table?: string;
}

const THIN = [
  '  lv_root /dev/mapper/vg-lv_root Vwi-aotz-- pool',
  '  lv_swap /dev/mapper/vg-lv_swap -wi-ao----',
  '  pool    /dev/mapper/vg-pool    twi-aotz--\n',
].join('\n');
const TWO_POOLS = [
  '  a /dev/mapper/vg-a Vwi-a-tz-- p',
  '  b /dev/mapper/vg-b Vwi-a-tz-- q',
  '  p /dev/mapper/vg-p twi-a-tz--',
  '  q /dev/mapper/vg-q twi-a-tz--\n',
].join('\n');

const CHANGING = ['partprobe', 'pvcreate', 'vgextend', 'lvextend', 'xfs_growfs', 'resize2fs', 'multipath', 'udevadm'];

/** The element on a machine whose programs say what the test wants, and note what they are told. */
async function growable({
  devices = DISK,
  free = '2048\n20973567\n',
  groups = '  vg\n',
  volumes = '',
  table = 'gpt',
}: Machine = {}) {
  const rig = await elementRig(['growvols']);
  const noting = (name: string) => `echo "${name} $*" >>/tmp/calls\n`;
  await rig.write({
    '/tmp/devices': devices,
    '/tmp/free': free,
    '/tmp/groups': groups,
    '/tmp/volumes': volumes,
    '/usr/local/bin/lsblk': `exec:#!/bin/sh\nif [ "$1" = --nodeps ]; then echo ${table}; else cat /tmp/devices; fi\n`,
    '/usr/local/bin/blockdev': 'exec:#!/bin/sh\necho 512\n',
    '/usr/local/bin/vgs': 'exec:#!/bin/sh\ncase "$*" in *extent*) echo "  4194304" ;; *) cat /tmp/groups ;; esac\n',
    '/usr/local/bin/lvs': 'exec:#!/bin/sh\ncat /tmp/volumes\n',
    '/usr/local/bin/sgdisk': `exec:#!/bin/sh\nif [ "$1" = --pretend ]; then cat /tmp/free; else ${noting('sgdisk')}fi\n`,
    ...Object.fromEntries(CHANGING.map((name) => [`/usr/local/bin/${name}`, `exec:#!/bin/sh\n${noting(name)}`])),
    '/../hooks/grow': `exec:#!/bin/sh\nexec /tmp/in_target.d/${GROWVOLS} $WORDS\n`,
  });
  return rig;
}

async function grow(rig: ElementRig, words: string, env = {}) {
  return await rig.inChroot('grow', { WORDS: words, ...env });
}

async function calls(rig: ElementRig): Promise<readonly string[]> {
  return (await rig.read('/tmp/calls').catch(() => '')).split('\n').filter((line) => line !== '');
}

describe('growvols', () => {
  test('shares the free space in the order of the words, and the rest is for the root filesystem', async () => {
    await using rig = await growable();

    // 2558 extents of 4 MiB can be used: 10 GiB without what LVM needs.
    const { status, tail } = await grow(rig, '--yes /var=25% img-rootfs=1GiB');

    expect(status, tail.join('\n')).toBe(0);
    expect(await calls(rig)).toEqual([
      'sgdisk --move-second-header --new=5:2048:20973567 --typecode=5:8E00 --change-name=5:growvols /dev/vda',
      'partprobe ',
      'udevadm settle --exit-if-exists=/dev/vda5',
      'pvcreate -ff --yes /dev/vda5',
      'vgextend vg /dev/vda5',
      'lvextend --extents +1919 /dev/mapper/vg-lv_root /dev/vda5',
      'xfs_growfs /',
      'lvextend --extents +639 /dev/mapper/vg-lv_var /dev/vda5',
      'resize2fs /dev/mapper/vg-lv_var',
    ]);
  });

  test('takes its words from the settings of its service', async () => {
    await using rig = await growable();

    const { status, tail } = await grow(rig, '--yes', {
      GROWVOLS_ARGS: '/var=100%',
      GROWVOLS_DEVICE: 'vda',
      GROWVOLS_GROUP: 'vg',
    });

    expect(status, tail.join('\n')).toBe(0);
    expect((await calls(rig)).filter((call) => call.startsWith('lvextend'))).toEqual([
      'lvextend --extents +2558 /dev/mapper/vg-lv_var /dev/vda5',
    ]);
  });

  test('gives what is left when more is asked for, and says so', async () => {
    await using rig = await growable();

    const { stderr } = await grow(rig, '--yes /=8GiB /var=8GiB');

    expect(stderr).toContain('/var gets 2040 MiB, as there is no more');
    expect((await calls(rig)).filter((call) => call.startsWith('lvextend'))).toEqual([
      'lvextend --extents +2048 /dev/mapper/vg-lv_root /dev/vda5',
      'lvextend --extents +510 /dev/mapper/vg-lv_var /dev/vda5',
    ]);
  });

  test('grows a thin pool first, and its volumes without naming the partition', async () => {
    await using rig = await growable({
      volumes: THIN,
    });

    const { status, tail } = await grow(rig, '--yes');

    expect(status, tail.join('\n')).toBe(0);
    expect((await calls(rig)).slice(5)).toEqual([
      'lvextend --poolmetadatasize +1073741824B vg/pool',
      'lvextend --extents +2046 vg/pool /dev/vda5',
      'lvextend --extents +2046 /dev/mapper/vg-lv_root',
      'xfs_growfs /',
    ]);
  });

  test('names the partition of a multipath disk as the others are named', async () => {
    const paths = ['sda', 'sdb'].flatMap((path) => [
      device(path, '', path, '', 'disk'),
      device('dm-0', path, 'mpatha', '', 'mpath'),
    ]);
    const volumes = device('dm-2', 'dm-1', 'vg-lv_root', 'img-rootfs', 'lvm', mounted('xfs', '/'));
    const devices = [...paths, device('dm-1', 'dm-0', 'mpatha-part1', '', 'part'), volumes].join('');
    await using rig = await growable({ devices });

    const { status, tail } = await grow(rig, '--yes');

    expect(status, tail.join('\n')).toBe(0);
    expect(await calls(rig)).toEqual([
      'sgdisk --move-second-header --new=2:2048:20973567 --typecode=2:8E00 --change-name=2:growvols /dev/dm-0',
      'multipath -r',
      'partprobe ',
      'udevadm settle --exit-if-exists=/dev/mapper/mpatha-part2',
      'pvcreate -ff --yes /dev/mapper/mpatha-part2',
      'vgextend vg /dev/mapper/mpatha-part2',
      'lvextend --extents +2558 /dev/mapper/vg-lv_root /dev/mapper/mpatha-part2',
      'xfs_growfs /',
    ]);
  });

  test.each([
    ['', 0],
    ['--exit-on-no-grow', 2],
  ])('does nothing below 1 GiB, and ends with "%s" with %i', async (option, expected) => {
    await using rig = await growable({ free: '2048\n2099198\n' });

    const { status, stdout } = await grow(rig, `${option} --yes`);

    expect([status, stdout]).toEqual([
      expected,
      'growvols: /dev/vda has 1023 MiB to grow into, which is less than 1 GiB\n',
    ]);
    expect(await calls(rig)).toEqual([]);
  });

  test('shows the commands without running them, and runs none that nobody confirms', async () => {
    await using rig = await growable();

    const shown = await grow(rig, '--noop');
    const asked = await grow(rig, '');

    expect(shown.stdout).toContain(
      "\n# grow the volume of /\n'lvextend' '--extents' '+2558' '/dev/mapper/vg-lv_root' '/dev/vda5'\n",
    );
    expect([asked.status, asked.stderr]).toEqual([
      1,
      'growvols: nobody is there to confirm; --yes runs the commands\n',
    ]);
    expect(await calls(rig)).toEqual([]);
  });

  test.each<[string, Machine, string]>([
    ['/var', {}, '"/var" is not of the form VOLUME=AMOUNT, as in /home=100%'],
    ['/var=1.5GiB', {}, '/var=1.5GiB: an amount is a whole number with %, MB, GB, MiB or GiB'],
    ['/srv=1GiB', {}, 'no filesystem has the label or mount point /srv'],
    ['ESP=1GiB', {}, 'ESP is on vda1, which is no logical volume'],
    ['swap=1GiB', {}, 'swap is a filesystem of the type swap; xfs, ext2, ext3, ext4 and btrfs can grow'],
    ['--device sdz', {}, 'there is no device sdz'],
    ['--device vda1', {}, 'vda1 is no disk but of the type part'],
    ['--group other', {}, 'there is no volume group other, but: vg'],
    ['', { groups: '  vg\n  data\n' }, 'there are several volume groups, so --group has to name one: data vg'],
    ['', { groups: '' }, 'there is no volume group'],
    ['', { table: 'dos' }, '/dev/vda has no partition table of the kind GPT'],
    ['--grow', {}, 'there is no option --grow; growvols --help lists them'],
    ['', { volumes: TWO_POOLS }, 'all thin volumes have to be in one pool'],
    ['/var=1GiB', { volumes: THIN }, '/var is no thin volume, and the group has the pool pool'],
  ])('changes nothing when told "%s" on %o', async (words, machine, message) => {
    await using rig = await growable(machine);

    const { status, stderr } = await grow(rig, `--yes ${words}`);

    expect(stderr).toContain(`growvols: ${message}`);
    expect(status).toBeGreaterThan(0);
    expect(await calls(rig)).toEqual([]);
  });

  test('runs at boot where that is wanted, with the settings of the image', async () => {
    const env = {
      DIB_GROWVOLS_TRIGGER: 'systemd',
      DIB_GROWVOLS_ARGS: '/var=80% /home=20GB',
      DIB_INIT_SYSTEM: 'systemd',
    };
    await using rig = await elementRig(['growvols'], env);
    await rig.write({ '/usr/local/bin/systemctl': recorder('systemctl') });

    const { status, tail } = await rig.inChroot('post-install.d/80-growvols');

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/etc/default/growvols')).toContain('GROWVOLS_ARGS="/var=80% /home=20GB"\n');
    expect(await rig.read('/tmp/systemctl.calls')).toBe('enable growvols.service\n');
  });

  test.each([
    ['manual', 'openrc', 0, ''],
    ['systemd', 'openrc', 1, 'growvols can be run at boot by systemd, and not by openrc.\n'],
    ['boot', 'systemd', 1, 'DIB_GROWVOLS_TRIGGER is "boot"; it can be manual or systemd.\n'],
  ])('with the trigger %s and %s ends with %i', async (trigger, system, expected, message) => {
    await using rig = await elementRig(['growvols'], { DIB_GROWVOLS_TRIGGER: trigger, DIB_INIT_SYSTEM: system });

    const { status, stderr } = await rig.inChroot('post-install.d/80-growvols');

    expect([status, stderr]).toEqual([expected, message]);
  });
});
