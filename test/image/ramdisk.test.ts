import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { build, type ImageCall, inLab } from '../support/image-build.ts';
import { bootIso, bootRamdisk, MAC_ADDRESS } from '../support/ramdisk-vm.ts';

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

/** A ramdisk that tells what the machine has, on an ISO image, too. */
const INVENTORY: ImageCall = {
  ...BUSYBOX,
  elements: [...BUSYBOX.elements, 'ramdisk', 'hwdiscovery', 'grub2', 'iso'],
  env: { DIB_DEPLOY_ISO_KERNEL_CMDLINE_ARGS: 'console=ttyS0' },
};

/** What an inventory service is told, of what is the same in each run. */
const Inventory = z.object({
  'cpu cores': z.literal('1'),
  'ram size': z.string().regex(/^\d{9,10} bytes$/),
  'pxe mac': z.literal(MAC_ADDRESS),
  'extra data': z.object({ 'raw disk': z.base64(), 'raw network': z.base64() }),
});

/** A service that keeps what is posted to it. */
async function postOffice() {
  const posts: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      posts.push(body);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { posts, port, [Symbol.asyncDispose]: async () => void server.close() };
}

beforeAll(async () => {
  for (const [name, content] of Object.entries(ELEMENT)) {
    const path = inLab('elements/marker', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: name.startsWith('ramdisk-install.d') ? 0o755 : 0o644 });
  }
});

test('a ramdisk boots to its fragments, with drivers, network and what elements added', async () => {
  await using office = await postOffice();
  await build(INVENTORY);

  const url = `HW_DISCOVERY_URL=http://10.0.2.2:${office.port}/`;
  const parameters = `BOOTIF=01-${MAC_ADDRESS.replaceAll(':', '-')} disk=sda,vda ${url}`;
  const console = await bootRamdisk(inLab('out/deploy'), parameters, BOOT_MS);

  const form = new URLSearchParams(office.posts[0]);
  const inventory = Inventory.parse(JSON.parse(Buffer.from(form.get('hwdiscovery_data') ?? '', 'base64').toString()));
  expect(Buffer.from(inventory['extra data']['raw disk'], 'base64').toString()).toContain('/dev/vda');

  expect(console).toMatch(MARKER);
  expect(console).toMatch(/obtained the following from dhcp:.*gateway = 10\.0\.2\.2\b/s);
  expect(console).toContain('reboot: Restarting system');
});

test.each(['bios', 'uefi-secure'] as const)('an ISO image starts its ramdisk from a CD under %s', async (firmware) => {
  await build(INVENTORY);

  expect(await bootIso(inLab('out/deploy.iso'), firmware, /^starting udevd/m, BOOT_MS)).toContain('starting udevd');
});

test('a ramdisk of dracut boots to the same fragments', async () => {
  await build({ ...BUSYBOX, name: 'dracut', options: ['--ramdisk-element', 'dracut-ramdisk'] });

  const console = await bootRamdisk(inLab('out/dracut'), 'ip=dhcp disk=sda,vda', BOOT_MS);

  expect(console).toMatch(MARKER);
  expect(console).toContain('reboot: Restarting system');
});
