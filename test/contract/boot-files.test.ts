import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

const KERNELS = {
  'kernels/post-install.d/50-kernels': hook(
    'touch /etc/debian_version; mkdir -p /boot',
    'for version in 6.1.0-9 6.1.0-31 6.1.0-31-debug 6.1; do',
    '  for file in vmlinuz- initrd.img- config- System.map-; do echo "$file$version" >"/boot/$file$version"; done',
    'done',
  ),
} as const;

test('baremetal writes the kernel and the ramdisk of the image beside it', { tags: ['names.baremetal'] }, async () => {
  await using shop = await workshop(KERNELS);
  const env = { DIB_BAREMETAL_KERNEL_PATTERN: 'vmlinuz-*[0-9]', DIB_BAREMETAL_INITRD_PATTERN: 'initrd.img-*[0-9]' };

  const result = await shop.build({ elements: ['kernels', 'baremetal'], env });

  expect(result.status, said(result)).toBe(0);
  expect(await readFile(shop.at('image.vmlinuz'), 'utf8')).toBe('vmlinuz-6.1.0-31\n');
  expect(await readFile(shop.at('image.initrd'), 'utf8')).toBe('initrd.img-6.1.0-31\n');
  expect(await shop.names()).toContain('boot/vmlinuz-6.1.0-31');
});

test('baremetal fails where the image has no kernel', async () => {
  await using shop = await workshop({ 'no-kernel/install.d/50-debian': hook('touch /etc/debian_version') });

  const result = await shop.build({ elements: ['no-kernel', 'baremetal'] });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/No suitable kernel found in .*\/boot\./);
});

test('cleanup-kernel-initrd leaves the kernel that boots, and debug kernels', async () => {
  await using shop = await workshop(KERNELS);
  const env = { DIB_BAREMETAL_KERNEL_PATTERN: 'vmlinuz-*[0-9]', DIB_BAREMETAL_INITRD_PATTERN: 'initrd.img-*[0-9]' };

  const result = await shop.build({ elements: ['kernels', 'cleanup-kernel-initrd'], env });

  expect(result.status, said(result)).toBe(0);
  expect((await shop.names()).filter((name) => name.startsWith('boot/vmlinuz')).sort()).toEqual([
    'boot/vmlinuz-6.1.0-31',
    'boot/vmlinuz-6.1.0-31-debug',
  ]);
  expect((await shop.names()).filter((name) => name.includes('6.1.0-9'))).toEqual([]);
});

test('select-boot-kernel-initrd prints both names inside the tree, and leaves nothing there', async () => {
  await using shop = await workshop({
    ...KERNELS,
    'asking/element-deps': 'select-boot-kernel-initrd\n',
    'asking/root.d/90-folder': hook(
      'mkdir -p "$TARGET_ROOT/usr/local/bin"; cp -L /usr/bin/install "$TARGET_ROOT/usr/bin"',
    ),
    'asking/finalise.d/50-ask': hook('rm /boot/*debug; echo "CHOSEN $(select-boot-kernel-initrd)"'),
  });

  const result = await shop.build({ elements: ['kernels', 'asking'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'CHOSEN')).toEqual(['vmlinuz-6.1.0-31:initrd.img-6.1.0-31']);
  expect((await shop.names()).filter((name) => name.includes('lib/diskimage-builder'))).toEqual([]);
});

test('an element can take its own ramdisk out of the tree in place of an image', {
  tags: ['phases.no-final-image'],
}, async () => {
  const elements = {
    'agent/element-deps': 'no-final-image\n',
    'agent/install.d/50-agent': hook('mkdir -p /opt/agent; echo agent >/opt/agent/run; ln -s opt/agent/run /init'),
    // What elements of agents do: the whole tree becomes the ramdisk.
    'agent/cleanup.d/90-pack': hook(
      '(cd "$TARGET_ROOT" && sudo find . -path ./sys -prune -o -print | sudo cpio -o -H newc --quiet) |',
      '  gzip >"$IMAGE_NAME.initramfs"',
    ),
  };
  await using shop = await workshop(elements);

  const result = await shop.build({ elements: ['agent'], options: ['-t', 'qcow2'] });

  expect(result.status, said(result)).toBe(0);
  expect((await readdir(shop.path)).filter((name) => name.startsWith('image'))).toEqual(['image.initramfs']);
});
