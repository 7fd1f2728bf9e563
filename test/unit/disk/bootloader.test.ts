import { describe, expect, test } from 'vitest';
import { type ElementRig, elementRig, recorder } from '../elements-library/element-rig.ts';

const HOOK = 'finalise.d/50-bootloader';
const ENV = {
  ARCH: 'amd64',
  DISTRO_NAME: 'debian',
  DIB_BLOCK_DEVICE: 'efi',
  DIB_ROOT_LABEL: 'cloudimg-rootfs',
  DIB_BOOT_LABEL: '',
  IMAGE_BLOCK_DEVICE: '/dev/ingot0',
  DIB_SKIP_GRUB_PACKAGE_INSTALL: 'True',
};

async function bootRig(env: Readonly<Record<string, string>> = {}): Promise<ElementRig> {
  const rig = await elementRig(['bootloader'], { ...ENV, ...env });
  await rig.write({
    '/usr/local/sbin/grub-install': recorder('grub-install'),
    '/usr/local/sbin/grub-mkconfig': recorder('grub-mkconfig'),
    '/usr/local/sbin/grub2-mkconfig': recorder('grub-mkconfig'),
    '/usr/local/sbin/install-packages': recorder('install-packages'),
  });
  return rig;
}

async function defaultsOf(rig: ElementRig): Promise<Readonly<Record<string, string>>> {
  const { status, tail } = await rig.inChroot(HOOK);
  expect(status, tail.join('\n')).toBe(0);
  const lines = (await rig.read('/etc/default/grub')).split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]));
}

describe('bootloader', () => {
  test('installs for both kinds of firmware on an EFI layout', async () => {
    await using rig = await bootRig();

    await defaultsOf(rig);

    expect(await rig.read('/tmp/grub-install.calls')).toBe(
      '--modules=part_msdos part_gpt lvm --target=i386-pc --force --no-nvram /dev/ingot0\n' +
        '--modules=part_msdos part_gpt lvm --target=x86_64-efi --force --no-nvram --removable /dev/ingot0\n',
    );
    expect(await rig.read('/tmp/grub-mkconfig.calls')).toBe('-o /boot/grub/grub.cfg\n');
  });

  test.each([
    ['mbr', 'amd64', ['i386-pc']],
    ['gpt', 'amd64', ['i386-pc']],
    ['efi', 'arm64', ['arm64-efi']],
  ])('on %s for %s installs %j', async (layout, arch, targets) => {
    await using rig = await bootRig({ DIB_BLOCK_DEVICE: layout, ARCH: arch });

    await defaultsOf(rig);

    const calls = await rig.read('/tmp/grub-install.calls');
    expect([...calls.matchAll(/--target=(\S+)/g)].map((match) => match[1])).toEqual(targets);
  });

  test('describes root, menu and consoles', async () => {
    await using rig = await bootRig();

    expect(await defaultsOf(rig)).toMatchObject({
      GRUB_DEVICE: 'LABEL=cloudimg-rootfs',
      GRUB_DISABLE_LINUX_UUID: 'true',
      GRUB_TIMEOUT: '5',
      GRUB_TIMEOUT_STYLE: 'menu',
      GRUB_TERMINAL: '"serial console"',
      GRUB_CMDLINE_LINUX_DEFAULT: '"console=tty0 console=ttyS0,115200 no_timer_check nofb nomodeset gfxpayload=text"',
    });
  });

  test('listens to its variables', async () => {
    await using rig = await bootRig({
      DIB_GRUB_TIMEOUT: '0',
      DIB_GRUB_TIMEOUT_STYLE: 'hidden',
      DIB_BOOTLOADER_DEFAULT_CMDLINE: 'quiet',
      DIB_BOOTLOADER_SERIAL_CONSOLE: 'ttyS1,9600',
      DIB_BOOTLOADER_VIRTUAL_TERMINAL: '',
      DIB_NO_TIMER_CHECK: 'False',
      DIB_BOOT_LABEL: 'boot',
    });

    expect(await defaultsOf(rig)).toMatchObject({
      GRUB_TIMEOUT: '0',
      GRUB_TIMEOUT_STYLE: 'hidden',
      GRUB_CMDLINE_LINUX_DEFAULT: '"console=ttyS1,9600 quiet boot=LABEL=boot"',
    });
  });

  test('leaves the serial console out when it is not wanted', async () => {
    await using rig = await bootRig({ DIB_BOOTLOADER_USE_SERIAL_CONSOLE: 'False', DIB_NO_TIMER_CHECK: 'False' });

    const defaults = await defaultsOf(rig);

    expect(defaults).toMatchObject({
      GRUB_TERMINAL: '"console"',
      GRUB_CMDLINE_LINUX_DEFAULT: '"console=tty0 nofb nomodeset gfxpayload=text"',
    });
    expect(defaults).not.toHaveProperty('GRUB_SERIAL_COMMAND');
  });

  test('keeps settings it knows nothing of and drops consoles of a base image', async () => {
    await using rig = await bootRig();
    await rig.write({
      '/etc/default/grub':
        'GRUB_TIMEOUT=9\nGRUB_DISTRIBUTOR=Mine\nGRUB_CMDLINE_LINUX="console=ttyS7,9600 a=b boot=LABEL=old c"\n',
    });

    expect(await defaultsOf(rig)).toMatchObject({
      GRUB_TIMEOUT: '5',
      GRUB_DISTRIBUTOR: 'Mine',
      GRUB_CMDLINE_LINUX: '"a=b c"',
    });
  });

  test('without a layout element writes the configuration and installs nothing', async () => {
    await using rig = await bootRig({ DIB_BLOCK_DEVICE: '' });

    await defaultsOf(rig);

    expect(await rig.read('/tmp/grub-mkconfig.calls')).toBe('-o /boot/grub/grub.cfg\n');
    await expect(rig.read('/tmp/grub-install.calls')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('does nothing when another boot loader is there', async () => {
    await using rig = await bootRig();
    await rig.write({ '/tmp/grub/install': '' });

    expect(await rig.inChroot(HOOK)).toMatchObject({ status: 0 });

    await expect(rig.read('/etc/default/grub')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('installs the packages that are missing, by its own map', async () => {
    await using rig = await bootRig({ DIB_SKIP_GRUB_PACKAGE_INSTALL: 'False', ARCH: 'arm64' });

    await rig.inChroot(HOOK);

    expect(await rig.read('/tmp/install-packages.calls')).toBe('-m bootloader-packages grub-efi grub-efi-arm64\n');
  });

  test('refuses a layout that does not boot on the machine', async () => {
    await using rig = await bootRig({ DIB_BLOCK_DEVICE: 'mbr', ARCH: 'arm64' });

    expect(await rig.inChroot(HOOK)).toMatchObject({
      status: 1,
      tail: ['bootloader: a disk of the layout mbr does not boot on arm64'],
    });
  });
});

test.each(['block-device-mbr', 'block-device-gpt'])('%s is refused on arm64', async (name) => {
  await using rig = await elementRig([name, 'bootloader'], { ...ENV, ARCH: 'arm64' });

  await expect(rig.inChroot(HOOK)).rejects.toMatchObject({
    code: 'HOOK_FAILED',
    details: { tail: expect.arrayContaining([`${name} cannot boot on arm64; use block-device-efi`]) },
  });
});
