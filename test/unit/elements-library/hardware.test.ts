import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { BUNDLED_ELEMENTS } from '../../../src/elements/bundled-elements.ts';
import { elementRig, recorder } from './element-rig.ts';

test('dkms builds each module once for each kernel that has headers', async () => {
  await using rig = await elementRig(['dkms']);
  const status = 'own/1.0, 6.1.0-9, x86_64: installed\nown/1.0: added\nold, 2.3-1, 6.1.0-9, x86_64: installed\n';
  await rig.write({
    '/tmp/status': status,
    '/root/usr/local/bin/dkms':
      'exec:#!/bin/sh\nif [ "$1" = status ]; then exec cat /tmp/status; fi\necho "$* ${ARCH-none}" >>/tmp/dkms.calls\n',
    '/root/usr/lib/modules/6.1.0-9/build/Makefile': '',
    '/root/usr/lib/modules/6.1.0-10-cloud/modules.dep': '',
    '/root/usr/lib/modules/6.12.0/build/Makefile': '',
    '/../hooks/build':
      'exec:#!/bin/sh\nmount -t overlay own -o lowerdir=/root/usr:/usr /usr && exec /tmp/in_target.d/post-install.d/97-dkms\n',
  });

  const built = await rig.inChroot('build', { ARCH: 'amd64' });

  expect(built.status, built.tail.join('\n')).toBe(0);
  expect((await rig.read('/tmp/dkms.calls')).trim().split('\n').sort()).toEqual([
    'install old/2.3-1 -k 6.1.0-9 none',
    'install old/2.3-1 -k 6.12.0 none',
    'install own/1.0 -k 6.1.0-9 none',
    'install own/1.0 -k 6.12.0 none',
  ]);
});

test('disable-nouveau keeps the driver out of the system and of ramdisks', async () => {
  await using rig = await elementRig(['disable-nouveau', 'modprobe']);
  const path = `${BUNDLED_ELEMENTS}/disable-nouveau`;

  const { status, tail } = await rig.onHost('extra-data.d/50-modprobe-blacklist', {
    IMAGE_ELEMENT: 'disable-nouveau',
    'BASH_FUNC_get_image_element_array%%': `() { echo '[disable-nouveau]=${path} '; }`,
  });

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/modprobe.d/disable-nouveau.conf')).toBe('blacklist nouveau\noptions nouveau modeset=0\n');
  expect(await rig.read('/../hooks/dracut.conf.d/disable-nouveau.conf')).toBe('omit_drivers+=" nouveau "\n');
});

test('nm-dhcp-ib-interfaces gives NetworkManager a profile that only root can read', async () => {
  await using rig = await elementRig(['nm-dhcp-ib-interfaces']);

  const { status, tail } = await rig.inChroot('install.d/50-dhcp-ib-interfaces');

  expect(status, tail.join('\n')).toBe(0);
  const profile = '/etc/NetworkManager/system-connections/infiniband.nmconnection';
  expect(await rig.read(profile)).toContain('\ntype=infiniband\n');
  expect((await stat(rig.at(profile))).mode & 0o7777).toBe(0o600);
});

describe('mellanox', () => {
  test('has the drivers loaded at boot and for each card of the maker', async () => {
    await using rig = await elementRig(['mellanox', 'install-static']);

    const { status, tail } = await rig.inChroot('install.d/10-install-static-files');

    expect(status, tail.join('\n')).toBe(0);
    expect((await rig.read('/etc/modules-load.d/mellanox.conf')).split('\n')).toContain('mlx5_ib');
    expect(await rig.read('/etc/udev/rules.d/81-mellanox.rules')).toContain('ATTR{vendor}=="0x15b3"');
  });

  test('goes on in a ramdisk that lacks a driver', async () => {
    await using rig = await elementRig(['mellanox']);
    await rig.write({
      '/usr/local/bin/modprobe': 'exec:#!/bin/sh\necho "$1" >>/tmp/loaded\ntest "$1" != mlx4_ib\n',
      '/../hooks/init': 'exec:#!/bin/sh\nset -e\n. /tmp/in_target.d/init.d/01-mellanox\n',
    });

    const { status, tail } = await rig.inChroot('init');

    expect(status, tail.join('\n')).toBe(0);
    expect((await rig.read('/tmp/loaded')).trim().split('\n')).toHaveLength(6);
  });
});

describe('ibft-interfaces', () => {
  const SCRIPT = 'static/usr/local/sbin/init-ibft-interfaces.sh';

  test.each([
    ['systemd', 'systemctl', 'enable init-ibft-interfaces.service\n'],
    ['sysv', 'update-rc.d', 'init-ibft-interfaces.init defaults\n'],
  ])('is started at boot by %s', async (system, program, calls) => {
    await using rig = await elementRig(['ibft-interfaces'], { DIB_INIT_SYSTEM: system });
    await rig.write({ [`/usr/local/bin/${program}`]: recorder(program) });

    const { status, tail } = await rig.inChroot('post-install.d/70-init-ibft-interfaces');

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read(`/tmp/${program}.calls`)).toBe(calls);
  });

  test.each([
    ['names disks', 'exit 0', '-f\n-N\nsettle\n'],
    ['names none', 'test "$1" != -f', '-f\n'],
  ])('connects to disks when the firmware %s', async (_, verdict, calls) => {
    await using rig = await elementRig(['ibft-interfaces']);
    await rig.write({
      '/usr/local/bin/iscsistart': `exec:#!/bin/sh\necho "$*" >>/tmp/calls\n${verdict}\n`,
      '/usr/local/bin/udevadm': 'exec:#!/bin/sh\necho "$*" >>/tmp/calls\n',
    });

    const { status, tail } = await rig.inChroot(SCRIPT);

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/tmp/calls')).toBe(calls);
  });

  test('fails where the iSCSI initiator cannot connect or there is none', async () => {
    await using rig = await elementRig(['ibft-interfaces'], { DIB_INIT_SYSTEM: 'openrc' });

    const missing = await rig.inChroot(SCRIPT);
    await rig.write({ '/usr/local/bin/iscsistart': 'exec:#!/bin/sh\ntest "$1" != -N\n' });
    const refused = await rig.inChroot(SCRIPT);
    const enabled = await rig.inChroot('post-install.d/70-init-ibft-interfaces');

    expect([missing.status, refused.status, enabled.status]).toEqual([1, 1, 1]);
    expect(missing.stderr).toContain('is the iSCSI initiator installed?');
    expect(enabled.stderr).toContain('and not for openrc');
  });
});

describe('iscsi-boot', () => {
  test("has Debian's initial ramdisk read the firmware's table", async () => {
    await using rig = await elementRig(['iscsi-boot'], { DISTRO_NAME: 'debian', IMAGE_ELEMENT: 'iscsi-boot' });
    await rig.write({
      '/etc/iscsi/iscsid.conf': '',
      '/usr/local/bin/update-initramfs': recorder('update-initramfs'),
    });

    const { status, tail } = await rig.inChroot('post-install.d/50-open-iscsi-config');
    const checked = await rig.onHost('extra-data.d/50-check-dracut-regenerate');

    expect([status, checked.status], tail.join('\n')).toEqual([0, 0]);
    expect(await rig.read('/etc/iscsi/iscsi.initramfs')).toBe('ISCSI_AUTO=true\n');
    expect(await rig.read('/tmp/update-initramfs.calls')).toBe('-u\n');
  });

  test("has CentOS's kernel read the firmware's table, once", async () => {
    await using rig = await elementRig(['iscsi-boot'], { DISTRO_NAME: 'centos' });
    await rig.write({
      '/etc/default/grub': 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
      '/usr/local/bin/grub2-mkconfig': recorder('grub2-mkconfig'),
    });

    await rig.inChroot('finalise.d/51-open-iscsi-config');
    const { status, tail } = await rig.inChroot('finalise.d/51-open-iscsi-config');

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/etc/default/grub')).toBe(
      'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet rd.iscsi.firmware=1"\n',
    );
    expect(await rig.read('/tmp/grub2-mkconfig.calls')).toContain('-o /boot/grub2/grub.cfg\n');
  });

  test('asks for dracut-regenerate on CentOS, and adds to its modules', async () => {
    await using rig = await elementRig(['iscsi-boot', 'dracut-regenerate'], { DISTRO_NAME: 'centos' });
    await rig.write({ '/../hooks/say': 'exec:#!/bin/sh\necho "$DIB_DRACUT_ENABLED_MODULES"\n' });

    const alone = await rig.onHost('extra-data.d/50-check-dracut-regenerate', { IMAGE_ELEMENT: 'centos iscsi-boot' });
    const both = await rig.onHost('extra-data.d/50-check-dracut-regenerate');
    const { stdout } = await rig.onHost('say');

    expect([alone.status, both.status]).toEqual([1, 0]);
    expect(alone.stderr).toContain('needs the element dracut-regenerate');
    expect(stdout.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- name: crypt',
      '- name: lvm',
      '- name: network',
      '- name: iscsi',
    ]);
  });
});

test.each([
  ['debian', 0, ''],
  ['rocky', 1, 'lvm is for Debian and Ubuntu, and not for rocky; use dracut-regenerate there.\n'],
])('lvm on %s ends with %i', async (distro, expected, message) => {
  await using rig = await elementRig(['lvm'], { DISTRO_NAME: distro });

  const { status, stderr } = await rig.onHost('root.d/10-lvm-check-distro');

  expect([status, stderr]).toEqual([expected, message]);
});
