import { beforeAll, describe, expect, test } from 'vitest';
import { DEVELOPER, image, needServer, needXfsDeveloper, SERVER, XFS_DEVELOPER } from '../support/image-build.ts';
import { bootImage } from '../support/vm.ts';

/** Far longer than a boot takes, also under emulation on a busy machine. */
const BOOT_MS = 600_000;
const LOGIN = /\blogin: /;

describe('a server on an MBR disk', () => {
  beforeAll(async () => await needServer());

  test('sets itself up by cloud-init on a larger disk and lets its user in', async () => {
    await using machine = await bootImage({
      image: image(SERVER, 'qcow2'),
      firmware: 'bios',
      user: 'grace',
      sizeGib: 10,
    });
    await machine.waitFor(LOGIN, BOOT_MS);

    const state = await machine.ssh('sudo systemctl is-system-running --wait || sudo systemctl --failed');
    expect(state.trim()).toBe('running');

    expect((await machine.ssh('id --user --name; sudo id --user')).trim().split('\n')).toEqual(['grace', '0']);
    expect(Number(await machine.ssh('findmnt --noheadings --bytes --output SIZE /'))).toBeGreaterThan(9e9);
    expect((await machine.ssh('cat /etc/machine-id')).trim()).toMatch(/^[0-9a-f]{32}$/);
    const keys = await machine.ssh('ls /etc/ssh');
    for (const type of ['rsa', 'ecdsa', 'ed25519']) expect(keys).toContain(`ssh_host_${type}_key.pub`);
    expect(await machine.ssh('cat /proc/cmdline')).toContain('root=LABEL=cloudimg-rootfs');
    expect(await machine.ssh('cat /etc/late')).toBe('late\n');
  });
});

describe('images for developers', () => {
  let key: string;
  beforeAll(async () => {
    key = await needXfsDeveloper();
  });

  test('grow to their disk and let a developer in on the console and over ssh', async () => {
    await using machine = await bootImage({
      image: image(DEVELOPER, 'raw'),
      firmware: 'bios',
      user: 'ada',
      identity: key,
      sizeGib: 6,
    });
    await machine.waitFor(LOGIN, BOOT_MS);
    machine.type('ada\n');
    await machine.waitFor(/Password: /, BOOT_MS);
    machine.type('sea breeze\n');
    await machine.waitFor(/\$ $/, BOOT_MS);
    machine.type('echo "I am $(id -un), then $(sudo id -un)"\n');
    await machine.waitFor(/I am ada, then root/, BOOT_MS);

    expect((await machine.ssh('id --user --name')).trim()).toBe('ada');
    expect(Number(await machine.ssh('findmnt --noheadings --bytes --output SIZE /'))).toBeGreaterThan(5e9);
    expect((await machine.ssh('sudo systemctl is-system-running --wait || sudo systemctl --failed')).trim()).toBe(
      'running',
    );
  });

  test('start from xfs, too', async () => {
    const disk = image(XFS_DEVELOPER, 'raw');
    await using machine = await bootImage({ image: disk, firmware: 'bios', user: 'ada', identity: key });
    await machine.waitFor(LOGIN, BOOT_MS);

    expect((await machine.ssh('findmnt --noheadings --output FSTYPE /')).trim()).toBe('xfs');
  });
});
