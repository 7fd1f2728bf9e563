import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { elementRig, recorder } from './element-rig.ts';

describe('fail2ban', () => {
  const COPY = 'root.d/60-copy-fail2ban-config';

  test("takes the caller's jails, and is started at boot", async () => {
    await using rig = await elementRig(['fail2ban'], { DIB_INIT_SYSTEM: 'systemd' });
    await rig.write({ '/tmp/jails': '[sshd]\n', '/usr/local/bin/systemctl': recorder('systemctl') });

    const copied = await rig.onHost(COPY, { DIB_FAIL2BAN_CONF: rig.at('/tmp/jails') });
    const { status, tail } = await rig.inChroot('post-install.d/80-enable-fail2ban-service');

    expect([copied.status, status], tail.join('\n')).toEqual([0, 0]);
    expect(await rig.read('/etc/fail2ban/jail.local')).toBe('[sshd]\n');
    expect((await stat(rig.at('/etc/fail2ban/jail.local'))).mode & 0o7777).toBe(0o644);
    expect(await rig.read('/tmp/systemctl.calls')).toBe('enable fail2ban.service\n');
  });

  test('names jails that are not there, and an init system that it has no service for', async () => {
    await using rig = await elementRig(['fail2ban'], { DIB_INIT_SYSTEM: 'upstart' });

    const copied = await rig.onHost(COPY, { DIB_FAIL2BAN_CONF: '/nowhere' });
    const enabled = await rig.inChroot('post-install.d/80-enable-fail2ban-service');

    expect([copied.status, copied.stderr]).toEqual([1, 'DIB_FAIL2BAN_CONF is "/nowhere", which is no file.\n']);
    expect([enabled.status, enabled.stderr]).toEqual([
      1,
      'fail2ban can be enabled for systemd and openrc, and not for upstart.\n',
    ]);
  });
});

describe('autoupdates', () => {
  const COPY = 'root.d/61-create-update-config';
  const ENABLE = 'post-install.d/82-enable-autoupdate';

  test.each([
    ['debian', 'DIB_DEB_UPDATES_CONF', '/etc/apt/apt.conf.d/50unattended-upgrades', 'unattended-upgrades.service'],
    ['almalinux', 'DIB_YUM_UPDATES_CONF', '/etc/dnf/automatic.conf', 'dnf-automatic.timer'],
  ])("on %s takes the caller's settings and is started at boot", async (distro, variable, path, unit) => {
    await using rig = await elementRig(['autoupdates'], { DIB_INIT_SYSTEM: 'systemd', DISTRO_NAME: distro });
    await rig.write({ '/tmp/mine': 'mine\n', '/usr/local/bin/systemctl': recorder('systemctl') });

    const copied = await rig.onHost(COPY, { [variable]: rig.at('/tmp/mine') });
    const { status, tail } = await rig.inChroot(ENABLE);

    expect([copied.status, status], tail.join('\n')).toEqual([0, 0]);
    expect(await rig.read(path)).toBe('mine\n');
    expect(await rig.read('/tmp/systemctl.calls')).toBe(`enable ${unit}\n`);
  });

  test('refuses settings for both families, those that are not there, and a family that it does not know', async () => {
    await using rig = await elementRig(['autoupdates'], { DIB_INIT_SYSTEM: 'systemd', DISTRO_NAME: 'opensuse' });

    const both = await rig.onHost(COPY, { DIB_DEB_UPDATES_CONF: '/a', DIB_YUM_UPDATES_CONF: '/b' });
    const missing = await rig.onHost(COPY, { DIB_YUM_UPDATES_CONF: '/nowhere' });
    const suse = await rig.inChroot(ENABLE);

    expect([both.status, missing.status, suse.status]).toEqual([1, 1, 1]);
    expect(both.stderr).toContain('are both set');
    expect(missing.stderr).toBe('DIB_YUM_UPDATES_CONF is "/nowhere", which is no file.\n');
    expect(suse.stderr).toContain('and not opensuse');
  });

  test('builds without settings of the caller, and says so', async () => {
    await using rig = await elementRig(['autoupdates']);

    const { status, stdout } = await rig.onHost(COPY);

    expect(status).toBe(0);
    expect(stdout).toContain('have the settings of the package');
  });
});

describe('dynamic-login', () => {
  const HASH = '$6$salt$hash';
  const CODED = 'JDYkc2FsdCRoYXNo';
  const KEY = 'ssh-ed25519 AAAAC3Nz ada@example';

  test.each([
    [`root=LABEL=x rootpwd="${CODED}" quiet`, HASH, undefined],
    [`root=LABEL=x rootpwd=${CODED} sshkey="${KEY}"`, HASH, KEY],
    [`"sshkey=${KEY}" rootpwd=${HASH}`, HASH, KEY],
    [`nosshkey="${KEY}" xrootpwd=${HASH}`, '*', undefined],
  ])('understands %s', async (parameters, hash, key) => {
    await using rig = await elementRig(['dynamic-login', 'install-static']);
    await rig.write({
      '/root/cmdline': `${parameters}\n`,
      '/../hooks/login':
        'exec:#!/bin/sh\nset -e\nmount --bind /root/cmdline /proc/cmdline\nexec /tmp/in_target.d/static/usr/local/bin/dynamic-login\n',
    });

    const { status, tail } = await rig.inChroot('login');

    expect(status, tail.join('\n')).toBe(0);
    expect((await rig.read('/etc/shadow')).split(':')[1]).toBe(hash);
    const keys = await rig.read('/root/.ssh/authorized_keys').catch(() => undefined);
    expect(keys).toBe(key === undefined ? undefined : `${key}\n`);
  });

  test.each([
    ['systemd', 'systemctl', 'enable dynamic-login.service\n'],
    ['sysv', 'update-rc.d', 'dynamic-login.init defaults\n'],
  ])('is started at boot by %s', async (system, program, calls) => {
    await using rig = await elementRig(['dynamic-login'], { DIB_INIT_SYSTEM: system });
    await rig.write({ [`/usr/local/bin/${program}`]: recorder(program) });

    const { status, tail } = await rig.inChroot('install.d/70-enable-dynamic-login-services');

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read(`/tmp/${program}.calls`)).toBe(calls);
  });
});

describe('cloud-init-disable-resizefs', () => {
  const HOOK = 'post-install.d/50-cloud-init-disable-resizefs';

  test.each([' ', '  '])(
    'keeps cloud-init from growing anything, whatever the list is indented by: "%s"',
    async (indent) => {
      await using rig = await elementRig(['cloud-init-disable-resizefs']);
      const list = ['seed_random', 'growpart', 'resizefs', 'growpart-x'].map((name) => `${indent}- ${name}\n`);
      await rig.write({ '/etc/cloud/cloud.cfg': list.join('') });

      const { status, tail } = await rig.inChroot(HOOK);

      expect(status, tail.join('\n')).toBe(0);
      expect(await rig.read('/etc/cloud/cloud.cfg')).toBe(`${indent}- seed_random\n${indent}- growpart-x\n`);
    },
  );

  test('asks for cloud-init when it is not there', async () => {
    await using rig = await elementRig(['cloud-init-disable-resizefs']);

    const { status, stderr } = await rig.inChroot(HOOK);

    expect([status, stderr]).toEqual([1, 'cloud-init has no /etc/cloud/cloud.cfg: is it installed?\n']);
  });
});
