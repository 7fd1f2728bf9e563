import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

/** The tree's own program says how it was called. */
const OWN_PROGRAM = {
  'kernel/root.d/50-program': hook(
    'printf \'#!/bin/bash\\necho "MADE $*"\\n\' >"$TARGET_ROOT/usr/sbin/update-initramfs"',
    'chmod +x "$TARGET_ROOT/usr/sbin/update-initramfs"',
  ),
};

/** As dpkg calls a script of a package, and as initramfs-tools calls the program when its trigger is processed. */
const ASKED_BY_KERNEL = 'DPKG_RUNNING_VERSION=1.21 DPKG_MAINTSCRIPT_PACKAGE=linux-image update-initramfs -c -k 6.1';
const ASKED_BY_TRIGGER = "DPKG_RUNNING_VERSION=1.21 DPKG_MAINTSCRIPT_PACKAGE='' update-initramfs -u";

test('the initramfs is made once, also when a trigger of dpkg insists on it while there is none', async () => {
  await using shop = await workshop({
    ...OWN_PROGRAM,
    'kernel/install.d/10-packages': hook(ASKED_BY_KERNEL, ASKED_BY_TRIGGER, 'echo "PACKAGES are in"'),
  });

  const result = await shop.build({ elements: ['kernel'] });

  expect(result.status, said(result)).toBe(0);
  expect(result.stdout.match(/^(MADE|PACKAGES) .*/gm)).toEqual(['PACKAGES are in', 'MADE -c -k all']);
});

test('a hook gets its initramfs at once, and one that there is none of to update yet', async () => {
  await using shop = await workshop({
    ...OWN_PROGRAM,
    'kernel/install.d/10-packages': hook(ASKED_BY_KERNEL),
    'kernel/install.d/50-update': hook('update-initramfs -u', 'update-initramfs -u -k 6.1'),
    'kernel/post-install.d/10-packages': hook(ASKED_BY_KERNEL),
    'kernel/post-install.d/50-create': hook('update-initramfs -c -k 6.1', 'echo "MADE by now"'),
  });

  const result = await shop.build({ elements: ['kernel'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'MADE')).toEqual(['-c -k all', '-u -k 6.1', '-c -k 6.1', 'by now', '-c -k all']);
});

test('mkinitramfs starts modinfo for the kernel modules alone that may name firmware', async () => {
  const program = [
    'for name in plain.ko network.ko packed.ko.xz link.ko; do',
    '  (set -- 6.1 && . /usr/share/initramfs-tools/conf-hooks.d/ingot-shortcuts &&',
    '    modinfo -k 6.1 -F firmware /lib/modules/6.1/kernel/$name)',
    'done',
    '(set -- 6.1 && . /usr/share/initramfs-tools/conf-hooks.d/ingot-shortcuts && modinfo -F license plain)',
  ];
  await using shop = await workshop({
    'kernel/root.d/50-programs': hook(
      'cd "$TARGET_ROOT" && mkdir -p usr/share/initramfs-tools/conf-hooks.d usr/lib/modules/6.1/kernel',
      'cp "$TMP_HOOKS_PATH/programs/"* usr/sbin/',
      'cd usr/lib/modules/6.1/kernel && touch plain.ko packed.ko.xz && ln -s network.ko link.ko',
      "printf 'license=GPL\\0firmware=net.bin\\0' >network.ko",
    ),
    'kernel/programs/update-initramfs': hook(...program),
    'kernel/programs/modinfo': hook('echo "ASKED $*"'),
    'kernel/install.d/10-packages': hook(ASKED_BY_KERNEL),
  });

  const result = await shop.build({ elements: ['kernel'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'ASKED')).toEqual([
    '-k 6.1 -F firmware /lib/modules/6.1/kernel/network.ko',
    '-k 6.1 -F firmware /lib/modules/6.1/kernel/packed.ko.xz',
    '-k 6.1 -F firmware /lib/modules/6.1/kernel/link.ko',
    '-F license plain',
  ]);
});

test('mkinitramfs and its hooks see functions beside those of the tree, which stays as it is', async () => {
  const functions = 'copy_file() {\n  echo "SEES its own copy_file"\n}\n';
  await using shop = await workshop({
    'kernel/functions': functions,
    'kernel/root.d/50-programs': hook(
      'cd "$TARGET_ROOT" && mkdir -p usr/share/initramfs-tools',
      'cp "$TMP_HOOKS_PATH/programs/update-initramfs" "$TMP_HOOKS_PATH/programs/zz-busybox" usr/sbin/',
      'cp "$TMP_HOOKS_PATH/functions" usr/share/initramfs-tools/hook-functions',
    ),
    'kernel/programs/update-initramfs': hook('export DESTDIR=/tmp/ram', 'mkdir -p /tmp/ram/bin', 'zz-busybox'),
    'kernel/programs/zz-busybox': hook(
      '. /usr/share/initramfs-tools/hook-functions',
      'copy_file',
      'type ln | sed -n "1s/^/SEES /p"',
    ),
    'kernel/install.d/10-packages': hook(ASKED_BY_KERNEL),
    'kernel/post-install.d/10-look': hook('sed "s/^/HAS /" /usr/share/initramfs-tools/hook-functions'),
  });

  const result = await shop.build({ elements: ['kernel'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'SEES')).toEqual(['its own copy_file', 'ln is a function']);
  expect(marked(result, 'HAS')).toEqual(['copy_file() {', '  echo "SEES its own copy_file"', '}']);
});
