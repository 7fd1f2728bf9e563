import { beforeAll, expect, test } from 'vitest';
import { build, type ImageCall, image } from '../support/image-build.ts';
import { bootImage } from '../support/vm.ts';

/** Far longer than a boot takes, also under emulation on a busy machine. */
const BOOT_MS = 600_000;

/** A volume group on two partitions: root in one piece, `/var` in two, swap, and two thin volumes of one pool. */
const LAYOUT = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: BSP, type: EF02, size: 8MiB}
      - {name: system, type: 8E00, size: 60%}
      - {name: more, type: 8E00, size: 100%}
- lvm:
    name: lvm
    pvs: [{name: pv_system, base: system}, {name: pv_more, base: more}]
    vgs: [{name: vg-sys, base: [pv_system, pv_more]}]
    lvs:
      - {name: root, base: vg-sys, extents: 50%VG}
      - {name: swap, base: vg-sys, size: 64MiB}
      - {name: pool, base: vg-sys, type: thin-pool, size: 128MiB}
      - {name: opt, base: vg-sys, type: thin, thin-pool: pool, size: 200MiB}
      - {name: srv, base: vg-sys, type: thin, thin-pool: pool, size: 1GiB}
      - {name: var, base: vg-sys, extents: 100%FREE}
- mkfs: {base: root, name: mkfs_root, type: ext4, mount: {mount_point: /, fstab: {fsck-passno: 1}}}
- mkfs: {base: var, type: ext4, label: var, mount: {mount_point: /var, fstab: {options: "defaults,nodev"}}}
- mkfs: {base: opt, type: ext4, label: opt, mount: {mount_point: /opt, fstab: {}}}
- mkfs: {base: srv, type: ext4, label: srv, mount: {mount_point: /srv, fstab: {}}}
- mkfs: {base: swap, type: swap, label: swap, mount: {mount_point: none, fstab: {}}}
`;

/** Debian with LVM's programs, and a user at the console. */
const ON_VOLUMES: ImageCall = {
  name: 'on-volumes',
  elements: ['debian-minimal', 'vm', 'block-device-gpt', 'devuser'],
  options: ['-u', '-t', 'qcow2', '-p', 'lvm2,thin-provisioning-tools', '--image-size', '1.6'],
  env: {
    DIB_BLOCK_DEVICE_CONFIG: LAYOUT,
    DIB_DEV_USER_USERNAME: 'ada',
    DIB_DEV_USER_PASSWORD: 'sea breeze',
    DIB_DEV_USER_PWDLESS_SUDO: 'yes',
  },
};

beforeAll(async () => void (await build(ON_VOLUMES)));

test('a root on LVM boots, and LVM finds its volumes sound and can change them', async () => {
  await using machine = await bootImage({ image: image(ON_VOLUMES, 'qcow2'), firmware: 'bios' });
  await machine.waitFor(/\blogin: /, BOOT_MS);
  machine.type('ada\n');
  await machine.waitFor(/Password: /, BOOT_MS);
  machine.type('sea breeze\n');
  await machine.waitFor(/\$ $/, BOOT_MS);
  machine.type('sudo -i\n');
  await machine.waitFor(/# $/, BOOT_MS);
  const ask = async (command: string, name: string) => {
    machine.type(`echo "${name} is" $(${command}) "($?)"\n`);
    return (await machine.waitFor(new RegExp(`^${name} is .*\\(\\d+\\)`, 'm'), BOOT_MS)).trim();
  };

  expect(await ask('findmnt -no SOURCE /; findmnt -no SOURCE /var; swapon --noheadings --show=TYPE', 'MOUNTS')).toBe(
    'MOUNTS is /dev/mapper/vg--sys-root /dev/mapper/vg--sys-var partition (0)',
  );
  expect(await ask('lvs --noheadings --options lv_name,segtype,seg_count', 'VOLUMES')).toBe(
    'VOLUMES is opt thin 1 pool thin-pool 1 root linear 1 srv thin 1 swap linear 1 var linear 2 var linear 2 (0)',
  );
  expect(await ask('vgs --noheadings --options vg_name,pv_count,lv_count,vg_free_count', 'GROUP')).toBe(
    'GROUP is vg-sys 2 6 0 (0)',
  );
  const write = 'findmnt -no SOURCE /srv; seq 1000000 >/srv/more && sync && dmsetup status vg--sys-pool-tpool';
  expect(await ask(write, 'POOL')).toMatch(/^POOL is \/dev\/mapper\/vg--sys-srv .* thin-pool 2 .* rw .*\(0\)$/);
  const check = 'vgck vg-sys 2>&1 && pvck --dump headers /dev/vda2 /dev/vda3 2>&1 | grep -cE "CHECK|WARN"';
  expect(await ask(check, 'FAULTS')).toMatch(/^FAULTS is 0 \(/);
  expect(await ask('vgchange --quiet --quiet --addtag changed vg-sys; vgs --noheadings -o tags', 'TAGS')).toBe(
    'TAGS is changed (0)',
  );
});
