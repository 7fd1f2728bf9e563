import { mkdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { elementRig, recorder } from './element-rig.ts';

const CONFIG = '/etc/selinux/config';

test('selinux-permissive chooses the mode, whatever was there before', async () => {
  await using rig = await elementRig(['selinux-permissive']);
  await rig.write({ [CONFIG]: 'SELINUX=enforcing\n' });

  const { status, tail } = await rig.inChroot('pre-install.d/11-selinux-permissive');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read(CONFIG)).toBe('SELINUX=permissive\nSELINUXTYPE=targeted\n');
});

test('disable-selinux switches it off, and leaves images without SELinux alone', async () => {
  await using rig = await elementRig(['disable-selinux']);
  const hook = 'post-install.d/15-disable-selinux';

  const without = await rig.inChroot(hook);
  await rig.write({ [CONFIG]: '# SELINUX= can be\nSELINUX=enforcing\nSELINUXTYPE=targeted\n' });
  const { status, tail } = await rig.inChroot(hook);

  expect([without.status, status], tail.join('\n')).toEqual([0, 0]);
  expect(await rig.read(CONFIG)).toBe('# SELINUX= can be\nSELINUX=disabled\nSELINUXTYPE=targeted\n');
});

describe('selinux-fixfiles-restore', () => {
  const HOOK = 'cleanup.d/99-selinux-fixfiles-restore';
  const CONTEXTS = '/etc/selinux/targeted/contexts/files/file_contexts';

  test("runs the image's own setfiles on the whole tree", async () => {
    await using rig = await elementRig(['selinux-fixfiles-restore']);
    const target = rig.at('/tmp/root');
    await rig.write({
      [`/tmp/root${CONTEXTS}`]: '',
      '/tmp/root/usr/sbin/setfiles': 'exec:',
      '/tmp/bin/sudo': 'exec:#!/bin/sh\necho "$*"\n',
    });

    const { status, stdout, tail } = await rig.onHost(HOOK, {
      PATH: `${rig.at('/tmp/bin')}:${process.env.PATH}`,
      TARGET_ROOT: target,
    });

    expect(status, tail.join('\n')).toBe(0);
    expect(stdout).toBe(`chroot ${target} /usr/sbin/setfiles -F -m -e /boot/efi ${CONTEXTS} /\n`);
  });

  test('leaves images without a policy alone, and misses a program that the policy needs', async () => {
    await using rig = await elementRig(['selinux-fixfiles-restore']);
    const target = rig.at('/tmp/root');
    await mkdir(target, { recursive: true });

    const without = await rig.onHost(HOOK, { TARGET_ROOT: target });
    await rig.write({ [`/tmp/root${CONTEXTS}`]: '' });
    const missing = await rig.onHost(HOOK, { TARGET_ROOT: target });

    expect([without.status, missing.status]).toEqual([0, 1]);
    expect(without.stdout).toContain('has no SELinux policy');
    expect(missing.stderr).toContain('no /usr/sbin/setfiles');
  });
});

describe('rpm-distro', () => {
  test.each([
    ['amd64', 'dnf', 'rocky', 'x86_64', undefined],
    ['arm64', 'yum', 'centos', 'aarch64', 'altarch'],
    ['x86_64', 'yum', 'centos', 'x86_64', 'centos'],
  ])('tells the architecture %s to %s on %s', async (arch, yum, distro, name, folder) => {
    await using rig = await elementRig(['rpm-distro'], { ARCH: arch, YUM: yum, DISTRO_NAME: distro });

    const { status, tail } = await rig.inChroot('pre-install.d/01-override-yum-arch');

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read(`/etc/${yum}/vars/arch`)).toBe(`${name}\n`);
    expect(await rig.read(`/etc/${yum}/vars/basearch`)).toBe(`${name}\n`);
    const contents = await rig.read(`/etc/${yum}/vars/contentdir`).catch(() => undefined);
    expect(contents).toBe(folder === undefined ? undefined : `${folder}\n`);
  });

  test('names the architectures that there are', async () => {
    await using rig = await elementRig(['rpm-distro'], { ARCH: 'armhf', YUM: 'dnf' });

    const { status, stderr } = await rig.inChroot('pre-install.d/01-override-yum-arch');

    expect(status).toBe(1);
    expect(stderr).toContain('no distribution for armhf; there are amd64, arm64, ppc64 and ppc64le');
  });

  test.each([
    ['Defaults    secure_path = /sbin:/bin', 'Defaults    secure_path = /sbin:/bin:/usr/local/bin'],
    ['Defaults secure_path="/sbin:/bin"', 'Defaults secure_path="/sbin:/bin:/usr/local/bin"'],
    ['Defaults secure_path="/usr/local/bin:/bin"', 'Defaults secure_path="/usr/local/bin:/bin"'],
  ])('sudo needs no terminal and finds programs with %s', async (before, after) => {
    await using rig = await elementRig(['rpm-distro']);
    await rig.write({
      '/etc/sudoers': `# Disable "ssh hostname sudo <cmd>"\nDefaults   requiretty\n${before}\nroot ALL=(ALL) ALL\n`,
      '/usr/local/bin/visudo': recorder('visudo'),
    });

    await rig.inChroot('pre-install.d/00-fix-requiretty');
    await rig.inChroot('pre-install.d/00-usr-local-bin-secure-path');
    const { status, tail } = await rig.inChroot('pre-install.d/00-usr-local-bin-secure-path');

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/etc/sudoers')).toBe(`${after}\nroot ALL=(ALL) ALL\n`);
    expect(await rig.read('/tmp/visudo.calls')).toBe('-c\n-c\n-c\n');
  });

  test('keeps link-local addresses off, and says so once', async () => {
    await using rig = await elementRig(['rpm-distro']);
    const hook = 'post-install.d/06-network-config-nonzeroconf';

    await rig.inChroot(hook);
    const { status, tail } = await rig.inChroot(hook);

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/etc/sysconfig/network')).toBe('NOZEROCONF=yes\n');
  });
});

describe('fips', () => {
  const HOOK = 'pre-install.d/01-setup-fips';

  test('installs what it needs and switches the mode on', async () => {
    await using rig = await elementRig(['fips'], { DISTRO_NAME: 'rocky' });
    await rig.write({
      '/usr/local/bin/install-packages': recorder('install-packages'),
      '/usr/local/bin/fips-mode-setup': recorder('fips-mode-setup'),
    });

    const { status, tail } = await rig.inChroot(HOOK);

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/tmp/install-packages.calls')).toBe('-m fips crypto-policies crypto-policies-scripts\n');
    expect(await rig.read('/tmp/fips-mode-setup.calls')).toBe('--enable\n');
  });

  test.each([
    ['ubuntu', 'fips cannot set up ubuntu: it needs a subscription'],
    ['debian', 'This release of debian has no fips-mode-setup'],
  ])('says why it cannot do so on %s', async (distro, reason) => {
    await using rig = await elementRig(['fips'], { DISTRO_NAME: distro });
    await rig.write({ '/usr/local/bin/install-packages': recorder('install-packages') });

    const { status, stderr } = await rig.inChroot(HOOK);

    expect(status).toBe(1);
    expect(stderr).toContain(reason);
  });
});

describe('rhel-common', () => {
  const REGISTER = 'pre-install.d/00-rhel-registration';
  const MANAGER = { '/usr/local/bin/subscription-manager': recorder('subscription-manager') };

  test('registers with a key at the portal, switches repositories on, and unregisters', async () => {
    await using rig = await elementRig(['rhel-common'], {
      DIB_RELEASE: '9',
      REG_METHOD: 'portal',
      REG_ORG: '12',
      REG_ACTIVATION_KEY: 'images',
    });
    await rig.write(MANAGER);

    const { status, tail } = await rig.inChroot(REGISTER);
    await rig.inChroot('finalise.d/60-unregister');

    expect(status, tail.join('\n')).toBe(0);
    const machine = (await run('uname', ['-m'])).stdout.trim();
    const enable = ['appstream', 'baseos'].map((name) => `--enable rhel-9-for-${machine}-${name}-rpms`).join(' ');
    expect((await rig.read('/tmp/subscription-manager.calls')).split('\n')).toEqual([
      'register --activationkey images --org 12',
      'repos --disable=*',
      `repos ${enable}`,
      'unregister',
      '',
    ]);
  });

  test('never shows a password, and keeps the registration where it is asked to', async () => {
    await using rig = await elementRig(['rhel-common'], {
      DIB_RELEASE: '9',
      DIB_DEBUG_TRACE: '1',
      REG_METHOD: 'portal',
      REG_USER: 'me',
      REG_PASSWORD: 'hush',
      REG_POOL_ID: '7',
      REG_REPOS: 'one,two',
      REG_HALT_UNREGISTER: '1',
    });
    await rig.write(MANAGER);

    const { status, stdout, stderr, tail } = await rig.inChroot(REGISTER);
    await rig.inChroot('finalise.d/60-unregister');

    expect(status, tail.join('\n')).toBe(0);
    expect(stdout + stderr).not.toContain('hush');
    expect((await rig.read('/tmp/subscription-manager.calls')).split('\n')).toEqual([
      'register --password hush --username me',
      'attach --pool=7',
      'repos --disable=*',
      'repos --enable one --enable two',
      '',
    ]);
  });

  test('leaves the image alone without a method that it knows', async () => {
    await using rig = await elementRig(['rhel-common'], { DIB_RELEASE: '9', REG_METHOD: 'post' });
    await rig.write(MANAGER);

    const { status, stderr } = await rig.inChroot(REGISTER);

    expect(status).toBe(0);
    expect(stderr).toContain('REG_METHOD is "post", and there are portal, satellite and disable');
    await expect(rig.read('/tmp/subscription-manager.calls')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
