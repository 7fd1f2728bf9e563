import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build, type ImageCall, inLab } from '../support/image-build.ts';
import { bootRamdisk, MAC_ADDRESS } from '../support/ramdisk-vm.ts';

/** Far longer than a boot takes, also under emulation on a busy machine. */
const BOOT_MS = 600_000;

/** What the fragment says when disk, network, a wanted program and the ramdisk's own drivers are there. */
const MARKER = /^MARKER disk \/dev\/vda, 64 MiB, address 10\.0\.2\.15, udev rule yes, installed added\r?$/m;

const ELEMENT = {
  'binary-deps.d/marker': 'lsblk\n',
  'udev.d/70-marker.rules': 'SUBSYSTEM=="block", KERNEL=="vda", SYMLINK+="marked"\n',
  'ramdisk-install.d/50-marker':
    '#!/bin/bash\nset -eu\nmkdir -p "$TMP_MOUNT_PATH/etc"; echo added >"$TMP_MOUNT_PATH/etc/marker"\n',
  'init.d/90-marker': [
    'wait_for 30 1 "ip -4 -o address | grep -q 10.0.2.15"',
    'disk=$(find_disk "$(get_kernel_parameter disk)")',
    'address=$(ip -4 -o address | grep -o "10[.]0[.]2[.]15" | head -n 1)',
    'rule=$(if [ -e /dev/marked ]; then echo yes; else echo no; fi)',
    'size=$(($(lsblk --nodeps --noheadings --bytes --output SIZE "$disk") / 1048576))',
    'echo "MARKER disk $disk, $size MiB, address $address, udev rule $rule, installed $(cat /etc/marker)"',
    '',
  ].join('\n'),
} as const;

const BUSYBOX: ImageCall = {
  command: 'ramdisk-image-create',
  name: 'deploy',
  elements: ['debian-minimal', 'marker'],
};

beforeAll(async () => {
  for (const [name, text] of Object.entries(ELEMENT)) {
    const path = inLab('elements/marker', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: name.startsWith('ramdisk-install.d') ? 0o755 : 0o644 });
  }
});

test('a ramdisk boots to its fragments, with drivers, network and what elements added', async () => {
  await build(BUSYBOX);

  const parameters = `BOOTIF=01-${MAC_ADDRESS.replaceAll(':', '-')} disk=sda,vda`;
  const console = await bootRamdisk(inLab('out/deploy'), parameters, BOOT_MS);

  expect(console).toMatch(MARKER);
  expect(console).toMatch(/obtained the following from dhcp:.*gateway = 10\.0\.2\.2\b/s);
  expect(console).toContain('reboot: Restarting system');
});

test('a ramdisk of dracut boots to the same fragments', async () => {
  await build({ ...BUSYBOX, name: 'dracut', options: ['--ramdisk-element', 'dracut-ramdisk'] });

  const console = await bootRamdisk(inLab('out/dracut'), 'ip=dhcp disk=sda,vda', BOOT_MS);

  expect(console).toMatch(MARKER);
  expect(console).toContain('reboot: Restarting system');
});
