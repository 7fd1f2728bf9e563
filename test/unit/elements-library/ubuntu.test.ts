import { describe, expect, test } from 'vitest';
import { elementRig } from './element-rig.ts';

const MIRROR = 'http://mirror.example/ubuntu';

describe('ubuntu leads its package sources to the mirror', () => {
  test('in sources.list, but for lines that are to be ignored', async () => {
    await using rig = await elementRig(['ubuntu', 'ubuntu-common'], { ARCH: 'amd64' });
    const lines = [
      'deb http://archive.ubuntu.com/ubuntu/ jammy main restricted',
      'deb http://archive.ubuntu.com/ubuntu/ jammy universe',
      'deb http://security.ubuntu.com/ubuntu jammy-security main',
      'deb http://other.example/ jammy main',
    ];
    await rig.write({ '/etc/apt/sources.list': `${lines.join('\n')}\n` });

    const { status, tail } = await rig.inChroot('pre-install.d/01-set-ubuntu-mirror', {
      DIB_DISTRIBUTION_MIRROR: MIRROR,
      DIB_DISTRIBUTION_MIRROR_UBUNTU_IGNORE: '(universe|multiverse)',
    });

    expect(status, tail.join('\n')).toBe(0);
    expect((await rig.read('/etc/apt/sources.list')).trim().split('\n')).toEqual([
      `deb ${MIRROR}/ jammy main restricted`,
      lines[1],
      `deb ${MIRROR} jammy-security main`,
      lines[3],
    ]);
  });

  test('in ubuntu.sources, with the key and the leniency that are asked for', async () => {
    await using rig = await elementRig(['ubuntu', 'ubuntu-common'], { ARCH: 'amd64' });
    const keyring = '/usr/share/keyrings/ubuntu-archive-keyring.gpg';
    const stanza = `Types: deb\nURIs: http://ports.ubuntu.com/ubuntu-ports/\nSuites: noble\nSigned-By: ${keyring}\n`;
    await rig.write({
      '/etc/apt/sources.list': '# see ubuntu.sources\n',
      '/etc/apt/sources.list.d/ubuntu.sources': stanza,
      '/etc/apt/apt.conf.d/01-other': '',
    });

    const { status, tail } = await rig.inChroot('pre-install.d/01-set-ubuntu-mirror', {
      DIB_DISTRIBUTION_MIRROR: 'https://mirror.example/ports',
      DIB_DISTRIBUTION_MIRROR_UBUNTU_INSECURE: '1',
      DIB_DISTRIBUTION_MIRROR_VERIFY_HTTPS: '0',
      SIGNED_BY: '/etc/apt/keyrings/own.gpg',
    });

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/etc/apt/sources.list.d/ubuntu.sources')).toBe(
      stanza
        .replace('http://ports.ubuntu.com/ubuntu-ports', 'https://mirror.example/ports')
        .replace(keyring, '/etc/apt/keyrings/own.gpg'),
    );
    expect((await rig.read('/etc/apt/apt.conf.d/95allow-unauthenticated')).trim().split('\n')).toEqual([
      'APT::Get::AllowUnauthenticated "true";',
      'Acquire::AllowInsecureRepositories "true";',
      'Acquire::https::Verify-Peer "false";',
    ]);
  });
});

describe('ubuntu-signed', () => {
  const hook = 'post-install.d/90-get-signed-kernel';

  test('notes the newest signed kernel of xenial', async () => {
    await using rig = await elementRig(['ubuntu', 'ubuntu-common', 'ubuntu-signed'], { ARCH: 'amd64' });
    for (const version of ['4.4.0-9', '4.4.0-210'])
      await rig.write({
        [`/boot/vmlinuz-${version}-generic.efi.signed`]: '',
        [`/boot/vmlinuz-${version}-generic`]: '',
      });

    const { status, tail } = await rig.inChroot(hook, { DIB_RELEASE: 'xenial' });

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/dib-signed-kernel-version')).toBe(
      'DIB_SIGNED_KERNEL_VERSION=4.4.0-210-generic.efi.signed\n',
    );
  });

  test('fails on xenial without one, and has nothing to note on noble', async () => {
    await using rig = await elementRig(['ubuntu', 'ubuntu-common', 'ubuntu-signed'], { ARCH: 'amd64' });
    await rig.write({ '/boot/vmlinuz-6.8.0-31-generic': '' });

    const xenial = await rig.inChroot(hook, { DIB_RELEASE: 'xenial' });
    const noble = await rig.inChroot(hook, { DIB_RELEASE: 'noble' });

    expect(xenial.status).toBe(1);
    expect(xenial.tail.join('\n')).toContain('/boot has no signed kernel');
    expect(noble.status, noble.tail.join('\n')).toBe(0);
    await expect(rig.read('/dib-signed-kernel-version')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test.each([
  ['amd64', 'http://archive.ubuntu.com/ubuntu'],
  ['arm64', 'http://ports.ubuntu.com/ubuntu-ports'],
])('packages for %s come from %s', async (arch, mirror) => {
  await using rig = await elementRig(['ubuntu-common']);
  await rig.write({ '/../hooks/tell': 'exec:#!/bin/sh\necho "$DIB_DISTRIBUTION_MIRROR $DIB_RELEASE $DISTRO_NAME"\n' });

  const { stdout } = await rig.onHost('tell', { ARCH: arch });

  expect(stdout).toBe(`${mirror} noble ubuntu\n`);
});
