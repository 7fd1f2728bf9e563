import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { build, type ImageCall, image } from '../support/image-build.ts';
import { bootImage } from '../support/vm.ts';

/** Far longer than a boot takes, also under emulation on a busy machine. */
const BOOT_MS = 600_000;

/** A volume group on two partitions with root in one piece, `/var` in two, and swap; one of thin volumes; and a partition of nothing. */
const LAYOUT = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: BSP, type: EF02, size: 8MiB}
      - {name: system, type: 8E00, size: 980MiB}
      - {name: more, type: 8E00, size: 460MiB}
      - {name: thin, type: 8E00, size: 200MiB}
      - {name: spare, type: 8300, size: 100%}
- lvm:
    name: lvm
    pvs: [{name: pv_system, base: system}, {name: pv_more, base: more}, {name: pv_thin, base: thin}]
    vgs: [{name: vg-sys, base: [pv_system, pv_more]}, {name: vg-thin, base: [pv_thin]}]
    lvs:
      - {name: root, base: vg-sys, extents: 58%VG}
      - {name: swap, base: vg-sys, size: 64MiB}
      - {name: var, base: vg-sys, extents: 100%FREE}
      - {name: pool, base: vg-thin, type: thin-pool, size: 128MiB}
      - {name: opt, base: vg-thin, type: thin, thin-pool: pool, size: 200MiB}
      - {name: srv, base: vg-thin, type: thin, thin-pool: pool, size: 1GiB}
- mkfs: {base: root, name: mkfs_root, type: ext4, mount: {mount_point: /, fstab: {fsck-passno: 1}}}
- mkfs: {base: var, type: ext4, label: var, mount: {mount_point: /var, fstab: {options: "defaults,nodev"}}}
- mkfs: {base: opt, type: ext4, label: opt, mount: {mount_point: /opt, fstab: {}}}
- mkfs: {base: srv, type: ext4, label: srv, mount: {mount_point: /srv, fstab: {}}}
- mkfs: {base: swap, type: swap, label: swap, mount: {mount_point: none, fstab: {}}}
`;

/** Debian with LVM's programs and a user at the console, whose volumes of the system grow at each boot. */
const ON_VOLUMES: ImageCall = {
  name: 'on-volumes',
  elements: ['debian-minimal', 'vm', 'block-device-gpt', 'devuser', 'growvols', 'patient'],
  options: ['-u', '-t', 'qcow2', '-p', 'thin-provisioning-tools', '--image-size', '5.7'],
  env: {
    ELEMENTS_PATH: fileURLToPath(new URL('../elements', import.meta.url)),
    DIB_BLOCK_DEVICE_CONFIG: LAYOUT,
    DIB_DEV_USER_USERNAME: 'ada',
    DIB_DEV_USER_PASSWORD: 'sea breeze',
    DIB_DEV_USER_PWDLESS_SUDO: 'yes',
    DIB_GROWVOLS_TRIGGER: 'systemd',
    DIB_GROWVOLS_GROUP: 'vg-sys',
    DIB_GROWVOLS_ARGS: '/var=1GiB',
  },
};
/** 2.3 GiB more than the image has. */
const DISK_GIB = 8;
/** Of an ext4 filesystem, which has 4 KiB each. */
const BLOCKS_PER_MIB = 256;

beforeAll(async () => void (await build(ON_VOLUMES)));

test('a root on LVM boots, grows into a larger disk, and LVM finds its volumes sound and can change them', async () => {
  const disk = { image: image(ON_VOLUMES, 'qcow2'), sizeGib: DISK_GIB };
  await using machine = await bootImage({ ...disk, firmware: 'bios' });
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
  // What is free behind the image went to /var first, at boot, and the rest of it to root.
  expect(await ask('systemctl is-system-running --wait >/dev/null; systemctl is-active growvols', 'SERVICE')).toBe(
    'SERVICE is active (0)',
  );
  const volumes = (group: string) => `lvs --noheadings --units m -o lv_name,lv_layout,seg_count,lv_size ${group}`;
  const blocks = (...paths: readonly string[]) =>
    `for path in ${paths.join(' ')}; do dumpe2fs -h $path 2>/dev/null | sed -n "s/^Block count: *//p"; done`;
  expect(await ask(volumes('vg-sys'), 'SYSTEM')).toBe(
    'SYSTEM is root linear 2 2152.00m swap linear 1 64.00m var linear 3 1564.00m (0)',
  );
  expect(await ask(blocks('/dev/vg-sys/root', '/dev/vg-sys/var'), 'FILESYSTEMS')).toBe(
    `FILESYSTEMS is ${2152 * BLOCKS_PER_MIB} ${1564 * BLOCKS_PER_MIB} (0)`,
  );

  const headers = 'pvck --dump headers /dev/vda2 /dev/vda3 /dev/vda4';
  const check = `vgck vg-sys vg-thin 2>&1 && { ${headers}; journalctl --unit growvols; } 2>&1 | grep -cE "CHECK|WARN"`;
  expect(await ask(check, 'FAULTS')).toMatch(/^FAULTS is 0 \(/);

  // By hand: the thin volumes grow into what the spare partition had.
  expect(await ask('findmnt -no SOURCE /srv; seq 1000000 >/srv/more && sync', 'WRITTEN')).toBe(
    'WRITTEN is /dev/mapper/vg--thin-srv (0)',
  );
  const grow = 'sgdisk --delete=5 /dev/vda && partprobe && growvols --yes --group vg-thin /srv=100%';
  expect(await ask(`{ ${grow}; } >/run/grown 2>&1 || cat /run/grown`, 'GROWN')).toBe('GROWN is (0)');
  expect(await ask(`${volumes('vg-thin')} -o+lv_metadata_size`, 'THIN')).toBe(
    'THIN is opt thin,sparse 1 200.00m pool thin,pool 1 2256.00m 1028.00m srv thin,sparse 1 3152.00m (0)',
  );
  expect(await ask(`${blocks('/dev/vg-thin/srv')}; tail -n 1 /srv/more`, 'SRV')).toBe(
    `SRV is ${3152 * BLOCKS_PER_MIB} 1000000 (0)`,
  );
  expect(await ask('dmsetup status vg--thin-pool-tpool', 'POOL')).toMatch(/^POOL is .* thin-pool \d+ .* rw .*\(0\)$/);

  expect(await ask('vgchange --quiet --quiet --addtag changed vg-sys; vgs --noheadings -o tags vg-sys', 'TAGS')).toBe(
    'TAGS is changed (0)',
  );
});
