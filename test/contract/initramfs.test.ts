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
