import { beforeAll, describe, expect, test } from 'vitest';
import { build, type ImageCall, image, needUefiServer, UEFI_SERVER } from '../support/image-build.ts';
import { bootImage } from '../support/vm.ts';

/** Far longer than a boot takes, also under emulation on a busy machine. */
const BOOT_MS = 600_000;
const LOGIN = /\blogin: /;

describe('a server on a disk for UEFI and BIOS', () => {
  beforeAll(async () => await needUefiServer());

  test.each(['bios', 'uefi', 'uefi-secure'] as const)('comes to its login prompt under %s', async (firmware) => {
    await using machine = await bootImage({ image: image(UEFI_SERVER, 'qcow2'), firmware });

    await machine.waitFor(LOGIN, BOOT_MS);

    expect(machine.console.text).toContain('Linux version');
    expect(machine.console.text.includes('Secure boot enabled')).toBe(firmware === 'uefi-secure');
  });
});

/** Layouts that nothing else here starts from, and what the kernel says of such a disk. */
const FURTHER_LAYOUTS: readonly (ImageCall & { readonly proof: RegExp })[] = [
  {
    name: 'large-sectors',
    elements: ['debian-minimal', 'vm', 'block-device-efi-4k'],
    options: ['-u'],
    proof: /\[vda\] \d+ 4096-byte logical blocks/,
  },
  {
    name: 'volumes-of-xfs',
    elements: ['debian-minimal', 'vm', 'block-device-efi-lvm'],
    options: ['-u', '-p', 'lvm2,xfsprogs', '--image-size', '40'],
    proof: /XFS \(dm-\d+\): Mounting/,
  },
];

describe('a minimal system', () => {
  beforeAll(async () => {
    for (const call of FURTHER_LAYOUTS) await build(call);
  });

  test.each(FURTHER_LAYOUTS)('starts from a disk with $name', async (call) => {
    await using machine = await bootImage({ image: image(call, 'qcow2'), firmware: 'uefi' });

    await machine.waitFor(LOGIN, BOOT_MS);

    expect(machine.console.text).toMatch(call.proof);
  });
});
