import { readlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type ElementRig, elementRig, recorder } from './element-rig.ts';

/** Runs a fragment of a ramdisk's `/init`, with the functions that all of them have, as `/init` does: whatever fails, it goes on. */
async function runFragment(rig: ElementRig, fragment: string, lines: readonly string[], cmdline = '') {
  const functions = '/tmp/in_target.d/extra-data.d/scripts/d/init-func';
  await rig.write({
    '/root/cmdline': `${cmdline}\n`,
    '/../hooks/init': [
      'exec:#!/bin/bash',
      `mount --bind /root/cmdline /proc/cmdline; source ${functions}`,
      'troubleshoot() { echo "TROUBLE $FIRST_ERR_MSG"; exit 9; }',
      ...lines,
      `source /tmp/in_target.d/${fragment}\n`,
    ].join('\n'),
  });
  return await rig.inChroot('init');
}

describe('deploy-baremetal', () => {
  const FRAGMENT = 'init.d/80-deploy';
  const START = [
    'ISCSI_TARGET_IQN=iqn.disk DISK=sda,vda DEPLOYMENT_ID=7 DEPLOYMENT_KEY=k BOOT_IP_ADDRESS=192.0.2.9 BOOT_SERVER=192.0.2.1',
    'find_disk() { test "$1" = sda,vda && echo /dev/vda; }; sleep() { :; }',
    'start_iscsi_target() { echo "start $*" >>/tmp/iscsi.calls; }; stop_iscsi_target() { echo stop >>/tmp/iscsi.calls; }',
  ];

  test('offers the disk, asks the boot server to write to it, and waits for its word', async () => {
    await using rig = await elementRig(['deploy-baremetal', 'ramdisk-base']);
    await rig.write({ '/usr/local/bin/wget': recorder('wget'), '/usr/local/bin/nc': recorder('nc') });

    const { status, tail } = await runFragment(rig, FRAGMENT, START);

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/tmp/iscsi.calls')).toBe('start iqn.disk /dev/vda ALL\nstop\n');
    expect(await rig.read('/tmp/wget.calls')).toBe(
      '-q -O - --post-data i=7&k=k&a=192.0.2.9&n=iqn.disk&e= http://192.0.2.1:10000\n',
    );
    expect(await rig.read('/tmp/nc.calls')).toBe('-l -p 10000\n');
  });

  test.each([
    ['ISCSI_TARGET_IQN=', 'iscsi_target_iqn+is+not+defined'],
    ['find_disk() { false; }', 'Could+not+find+disk+to+use.'],
    ['start_iscsi_target() { false; }', 'Failed+to+start+iscsi+target.'],
  ])('keeps the first error for the boot server: %s', async (line, message) => {
    await using rig = await elementRig(['deploy-baremetal', 'ramdisk-base']);

    const { status, stdout } = await runFragment(rig, FRAGMENT, [...START, line]);

    expect(status).toBe(9);
    expect(stdout).toContain(`TROUBLE ${message}\n`);
  });
});

test.each([
  ['tftp-hpa', 'tftp', '-m binary 192.0.2.1 -c get REMOTE LOCAL'],
  ['busybox', 'busybox', '-g -r REMOTE -l LOCAL 192.0.2.1'],
])('deploy-kexec starts what was written, fetched by the client of %s', async (_, program, form) => {
  await using rig = await elementRig(['deploy-kexec', 'ramdisk-base']);
  const calls = 'echo "$*" >>/tmp/tftp.calls\n';
  await rig.write({
    [`/usr/local/sbin/${program}`]: `exec:#!/bin/sh\n${calls}`,
    '/kexec-config': 'DEFAULT linux\nappend initrd=ramdisk root=LABEL=x quiet\n',
    '/usr/local/bin/kexec': recorder('kexec'),
    '/../hooks/link': 'exec:#!/bin/sh\nln -sf busybox /usr/local/sbin/tftp\n',
  });
  if (program === 'busybox') await rig.inChroot('link');

  const start = 'BOOT_SERVER=192.0.2.1 BOOT_MAC_ADDRESS=52:54:00:AB:CD:EF';
  const { status, tail } = await runFragment(
    rig,
    'init.d/81-deploy-kexec',
    [start],
    'BOOT_IMAGE=/tftpboot/7/deploy_kernel',
  );

  expect(status, tail.join('\n')).toBe(0);
  const fetched = [
    ['/tftpboot/pxelinux.cfg/01-52-54-00-ab-cd-ef', '/kexec-config'],
    ['/tftpboot/7/kernel', '/kexec-kernel'],
    ['/tftpboot/7/ramdisk', '/kexec-ramdisk'],
  ];
  expect((await rig.read('/tmp/tftp.calls')).trim().split('\n')).toEqual(
    fetched.map(([remote = '', local = '']) => form.replace('REMOTE', remote).replace('LOCAL', local)),
  );
  expect(await rig.read('/tmp/kexec.calls')).toBe(
    '-l /kexec-kernel --append=root=LABEL=x quiet --initrd=/kexec-ramdisk\n-e\n',
  );
});

describe('deploy-targetcli', () => {
  test('sets a target of the kernel up for whoever connects', async () => {
    await using rig = await elementRig(['deploy-targetcli', 'ramdisk-base']);
    await rig.write({
      '/usr/local/bin/modprobe': recorder('modprobe'),
      '/../hooks/start': [
        'exec:#!/bin/bash',
        'mkdir -p /tmp/target; source /tmp/in_target.d/extra-data.d/targetcli/iscsi-func',
        '_target=/tmp/target BOOT_IP_ADDRESS=192.0.2.9',
        // The kernel makes these folders with the group.
        'mkdir -p /tmp/target/iscsi/iqn.disk/tpgt_1/attrib',
        'start_iscsi_target iqn.disk /dev/vda ALL\n',
      ].join('\n'),
    });

    const { status, tail } = await rig.inChroot('start');

    expect(status, tail.join('\n')).toBe(0);
    const group = '/tmp/target/iscsi/iqn.disk/tpgt_1';
    const files = ['/tmp/target/core/iblock_0/block1/control', '/tmp/target/core/iblock_0/block1/enable'];
    const attributes = ['authentication', 'demo_mode_write_protect', 'generate_node_acls'].map(
      (name) => `${group}/attrib/${name}`,
    );
    expect(await Promise.all([...files, ...attributes, `${group}/enable`].map(rig.read))).toEqual([
      'udev_path=/dev/vda\n',
      '1\n',
      '0\n',
      '0\n',
      '1\n',
      '1\n',
    ]);
    expect(await readlink(rig.at(`${group}/lun/lun_1/block1`))).toBe('/tmp/target/core/iblock_0/block1');
    expect(await rig.read('/tmp/modprobe.calls')).toBe('target_core_iblock\niscsi_target_mod\n');
  });
});

describe('hwburnin', () => {
  test.each([
    ['HW_BURNIN_ROUNDS=2 quiet', '2'],
    ['quiet', '10'],
  ])('tests what memory is free, as often as is said: "%s"', async (cmdline, rounds) => {
    await using rig = await elementRig(['hwburnin', 'ramdisk-base']);
    await rig.write({ '/usr/local/bin/memtester': recorder('memtester') });

    const { status, tail } = await runFragment(rig, 'init.d/70-hwburnin', [], cmdline);

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/tmp/memtester.calls')).toMatch(new RegExp(`^[1-9][0-9]+M ${rounds}\n$`));
  });

  test('tells a fault', async () => {
    await using rig = await elementRig(['hwburnin', 'ramdisk-base']);
    await rig.write({ '/usr/local/bin/memtester': 'exec:#!/bin/sh\nexit 4\n' });

    const { status, stdout } = await runFragment(rig, 'init.d/70-hwburnin', []);

    expect([status, stdout.split('\n').at(-2)]).toEqual([9, 'TROUBLE The+memory+of+this+machine+is+faulty.']);
  });
});

test.each([
  [0, 0, 'Firmware applied'],
  [2, 0, 'Firmware already up to date'],
  [4, 0, 'Firmware not applicable to machine'],
  [1, 9, 'TROUBLE Error+applying+firmware'],
])('ilo understands status %i of an installer', async (status, expected, message) => {
  await using rig = await elementRig(['ilo', 'ramdisk-base']);
  await rig.write({ '/ilo/one.scexe/flash_ilo4': `exec:#!/bin/sh\necho "told $*" >ilo.log\nexit ${status}\n` });

  const result = await runFragment(rig, 'init.d/50-ilo-firmware', []);

  expect(result.status).toBe(expected);
  expect(result.stdout).toContain('told --silent --log ilo.log\n');
  expect(result.stdout).toContain(`${message}\n`);
});
