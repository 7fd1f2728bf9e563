import { lstat, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type ElementRig, elementRig, recorder } from './element-rig.ts';

test('modprobe copies what elements bring and blacklists each module once', async () => {
  await using rig = await elementRig(['modprobe'], { DIB_MODPROBE_BLACKLIST: 'floppy pcspkr' });
  await rig.write({ '/tmp/mine/modprobe.d/mine.conf': 'options x y=1\n', '/tmp/mine/modprobe.d/note.txt': 'no\n' });
  const array = `() { echo '[mine]=${rig.at('/tmp/mine')} '; }`;

  const copied = await rig.onHost('extra-data.d/50-modprobe-blacklist', {
    IMAGE_ELEMENT: 'mine',
    'BASH_FUNC_get_image_element_array%%': array,
  });
  await rig.inChroot('install.d/80-modprobe-blacklist');
  const { status, tail } = await rig.inChroot('install.d/80-modprobe-blacklist');

  expect([copied.status, status], tail.join('\n')).toEqual([0, 0]);
  expect(await rig.read('/etc/modprobe.d/mine.conf')).toBe('options x y=1\n');
  expect(await rig.read('/etc/modprobe.d/blacklist.conf')).toBe('blacklist floppy\nblacklist pcspkr\n');
  await expect(lstat(rig.at('/etc/modprobe.d/note.txt'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('runtime-ssh-host-keys removes every host key and nothing else', async () => {
  await using rig = await elementRig(['runtime-ssh-host-keys']);
  await rig.write({
    '/etc/ssh/ssh_host_rsa_key': 'k',
    '/etc/ssh/ssh_host_rsa_key.pub': 'p',
    '/etc/ssh/sshd_config': 'Port 22\n',
  });

  const { status, tail } = await rig.onHost('cleanup.d/90-remove-ssh-host-keys');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/ssh/sshd_config')).toBe('Port 22\n');
  await expect(lstat(rig.at('/etc/ssh/ssh_host_rsa_key'))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(lstat(rig.at('/etc/ssh/ssh_host_rsa_key.pub'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('runtime-ssh-host-keys makes the keys that a machine lacks', async () => {
  await using rig = await elementRig(['runtime-ssh-host-keys']);
  await rig.write({ '/etc/ssh/ssh_host_rsa_key': 'kept' });

  const { status, tail } = await rig.inChroot('static/usr/local/sbin/runtime-ssh-host-keys.sh');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/ssh/ssh_host_rsa_key')).toBe('kept');
  expect(await rig.read('/etc/ssh/ssh_host_ed25519_key')).toContain('OPENSSH PRIVATE KEY');
});

test.each([
  ['debian', 'enable ssh-keygen.service\n'],
  ['fedora', undefined],
])('runtime-ssh-host-keys on %s has its unit only where it is needed', async (distro, calls) => {
  await using rig = await elementRig(['runtime-ssh-host-keys'], { DIB_INIT_SYSTEM: 'systemd', DISTRO_NAME: distro });
  const unit = '/usr/lib/systemd/system/ssh-keygen.service';
  await rig.write({ [unit]: '[Unit]\n', '/usr/local/bin/systemctl': recorder('systemctl') });

  const { status, tail } = await rig.inChroot('post-install.d/80-ssh-keygen');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/tmp/systemctl.calls').catch(() => undefined)).toBe(calls);
  expect(await rig.read(unit).catch(() => undefined)).toBe(calls === undefined ? undefined : '[Unit]\n');
});

const SSHD_CONFIG = 'Include x\n\n# Ciphers and keying\n#RekeyLimit default\n\nMatch User ada\n  X11Forwarding no\n';

test.each([
  ['below its marker', SSHD_CONFIG],
  ['before any Match block when there is no marker', SSHD_CONFIG.replace('# Ciphers and keying\n', '')],
])('openssh-server puts the strong algorithms %s', async (_, config) => {
  await using rig = await elementRig(['openssh-server']);
  await rig.write({ '/etc/ssh/sshd_config': config });

  await rig.inChroot('post-install.d/99-harden-sshd-config');
  const { status, tail } = await rig.inChroot('post-install.d/99-harden-sshd-config');

  expect(status, tail.join('\n')).toBe(0);
  const lines = (await rig.read('/etc/ssh/sshd_config')).split('\n');
  const places = ['KexAlgorithms', 'Ciphers', 'MACs'].map((word) =>
    lines.findIndex((line) => line.startsWith(`${word} `)),
  );
  expect(places[0]).toBeGreaterThan(0);
  expect(places).toEqual([places[0], (places[0] ?? 0) + 1, (places[0] ?? 0) + 2]);
  expect(places[2]).toBeLessThan(lines.indexOf('Match User ada'));
  expect(lines.filter((line) => line.startsWith('MACs '))).toHaveLength(1);
});

test('openssh-server replaces weaker algorithms, and leaves all as they are when told to', async () => {
  await using rig = await elementRig(['openssh-server']);
  await rig.write({ '/etc/ssh/sshd_config': 'Ciphers 3des-cbc\n' });

  await rig.inChroot('post-install.d/99-harden-sshd-config', { DIB_OPENSSH_SERVER_HARDENING: '0' });
  const untouched = await rig.read('/etc/ssh/sshd_config');
  await rig.inChroot('post-install.d/99-harden-sshd-config');

  expect(untouched).toBe('Ciphers 3des-cbc\n');
  expect(await rig.read('/etc/ssh/sshd_config')).toMatch(/^Ciphers chacha20-poly1305@openssh\.com,/m);
  expect(await rig.read('/etc/ssh/sshd_config')).not.toContain('3des');
});

test.each([
  [['cloud-init', 'cloud-config', 'cloud-final', 'cloud-init-local']],
  [['cloud-init-main', 'cloud-init-network', 'cloud-config', 'cloud-final', 'cloud-init-local']],
])('cloud-init enables the units of its version: %j', async (units) => {
  await using rig = await elementRig(['cloud-init'], { DIB_INIT_SYSTEM: 'systemd' });
  await rig.write({ '/usr/local/bin/systemctl': recorder('systemctl') });
  for (const unit of units) await rig.write({ [`/usr/lib/systemd/system/${unit}.service`]: '[Unit]\n' });

  const { status, tail } = await rig.inChroot('post-install.d/20-enable-cloud-init');

  expect(status, tail.join('\n')).toBe(0);
  const [verb, ...enabled] = (await rig.read('/tmp/systemctl.calls')).trim().split(' ');
  expect(verb).toBe('enable');
  expect(enabled.sort()).toEqual(units.map((unit) => `${unit}.service`).sort());
});

test('cloud-init that is not there is an error, not a silent gap', async () => {
  await using rig = await elementRig(['cloud-init'], { DIB_INIT_SYSTEM: 'systemd' });

  const { status, stderr } = await rig.inChroot('post-install.d/20-enable-cloud-init');

  expect(status).toBe(1);
  expect(stderr).toContain('is it installed?');
});

test.each([
  ['ssh_pwauth: false\n', 'ssh_pwauth: true\n'],
  ['ssh_pwauth: 0\n', 'ssh_pwauth: 1\n'],
  ['users: []\n', 'users: []\nssh_pwauth: 1\n'],
])('cloud-init lets passwords in where the file says %j', async (before, after) => {
  await using rig = await elementRig(['cloud-init'], { DIB_CLOUD_INIT_ALLOW_SSH_PWAUTH: 'yes' });
  await rig.write({ '/etc/cloud/cloud.cfg': before });

  await rig.inChroot('post-install.d/21-cloud-init-allow-password-auth');

  expect(await rig.read('/etc/cloud/cloud.cfg')).toBe(after);
});

test('cloud-init-datasources names the sources and what they need', async () => {
  await using rig = await elementRig(['cloud-init-datasources'], { DIB_CLOUD_INIT_DATASOURCES: 'Ec2, ConfigDrive' });
  await rig.write({ '/etc/cloud/cloud.cfg.d/05_logging.cfg': '' });

  const { status, tail } = await rig.inChroot('install.d/05-set-cloud-init-sources');

  expect(status, tail.join('\n')).toBe(0);
  const folder = '/etc/cloud/cloud.cfg.d';
  expect(await rig.read(`${folder}/91-dib-cloud-init-datasources.cfg`)).toBe(
    'datasource_list: [  Ec2, ConfigDrive, None ]\n',
  );
  expect(await rig.read(`${folder}/92-ec2-datasource.cfg`)).toContain('strict_id: false');
  expect(await rig.read(`${folder}/93-dib-cloud-init-disable-datasource-network-activation.cfg`)).toBe(
    'disable_network_activation: true\n',
  );
});

test.each([
  ['cloud-init-datasources', 'install.d/05-set-cloud-init-sources', 'DIB_CLOUD_INIT_DATASOURCES is not set'],
  ['cloud-init-growpart', 'post-install.d/55-growpart', 'DIB_CLOUD_INIT_GROWPART_DEVICES is not set'],
])('%s needs its list', async (element, hook, reason) => {
  await using rig = await elementRig([element]);

  const { status, stderr } = await rig.inChroot(hook);

  expect(status).toBe(1);
  expect(stderr).toContain(reason);
});

test('sysprep leaves no machine id', async () => {
  await using rig = await elementRig(['sysprep']);
  await rig.write({ '/etc/machine-id': '0123456789abcdef\n', '/var/lib/dbus/machine-id': '0123456789abcdef\n' });

  await rig.inChroot('finalise.d/99-clear-machine-id');

  expect(await rig.read('/etc/machine-id')).toBe('uninitialized\n');
  expect(await rig.read('/var/lib/dbus/machine-id')).toBe('');
});

test('base installs an iSCSI initiator whose name each machine chooses, and none when told not to', async () => {
  await using rig = await elementRig(['base'], { DISTRO_NAME: 'debian', DIB_INIT_SYSTEM: 'systemd' });
  await rig.write({ '/usr/local/bin/install-packages': recorder('install-packages') });

  await rig.inChroot('install.d/00-baseline-environment', { DIB_SKIP_BASE_PACKAGE_INSTALL: '1' });
  await expect(rig.read('/tmp/install-packages.calls')).rejects.toMatchObject({ code: 'ENOENT' });
  const { status, tail } = await rig.inChroot('install.d/00-baseline-environment');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/tmp/install-packages.calls')).toBe('-m base iscsi_package\n');
  expect(await rig.read('/etc/iscsi/initiatorname.iscsi')).toBe('GenerateName=yes\n');
  expect((await stat(rig.at('/etc/iscsi/initiatorname.iscsi'))).mode & 0o7777).toBe(0o600);
});

test('manifests are complete in the image, for root alone, and copied beside it', {
  tags: ['manifests.image', 'manifests.beside', 'names.manifests'],
}, async () => {
  await using rig = await elementRig(['manifests', 'element-manifest'], {
    IMAGE_ELEMENT: 'debian-minimal vm',
    DIB_ENV: 'declare -x DIB_RELEASE="sid"',
    DIB_ARGS: '-o image debian-minimal vm',
  });

  await rig.onHost('extra-data.d/20-manifest-dir');
  await rig.onHost('extra-data.d/75-inject-element-manifest');
  const { status, tail } = await rig.onHost('cleanup.d/01-copy-manifests-dir');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/dib-manifests/dib_environment')).toBe('declare -x DIB_RELEASE="sid"\n');
  expect(await rig.read('/etc/dib-manifests/dib-element-manifest')).toBe('debian-minimal\nvm\n');
  expect((await stat(rig.at('/etc/dib-manifests/dib_arguments'))).mode & 0o7777).toBe(0o600);
  expect(await rig.read('/../../caller/image.d/dib-manifests/dib_arguments')).toBe('-o image debian-minimal vm\n');
});

test('install-types links the hooks of the chosen types', { tags: ['install-types.links'] }, async () => {
  await using rig = await elementRig(['install-types'], {
    DIB_DEFAULT_INSTALLTYPE: 'source',
    DIB_INSTALLTYPE_my_agent: 'package',
  });
  const folders = ['my-agent-source', 'my-agent-package', 'other-source', 'other-package'];
  for (const name of folders) {
    await rig.write({ [`/../hooks/install.d/${name}-install/70-${name}`]: 'exec:#!/bin/sh\n' });
  }

  const { status, tail } = await rig.onHost('extra-data.d/99-enable-install-types');

  expect(status, tail.join('\n')).toBe(0);
  const linked = await linkedHooks(rig, folders);
  expect(linked).toEqual(['my-agent-package', 'other-source']);
});

test('sysctl-set-value writes a parameter once, and refuses another value or an unknown name', async () => {
  await using rig = await elementRig(['sysctl', 'install-bin']);
  await rig.inChroot('pre-install.d/01-install-bin');
  const set = async (name: string, value: string) => {
    await rig.write({ '/../hooks/ask': `exec:#!/bin/sh\nsysctl-set-value ${name} "${value}"\n` });
    return await rig.inChroot('ask');
  };

  const first = await set('vm.swappiness', '10');
  const again = await set('vm.swappiness', '10');
  const other = await set('vm.swappiness', '1');
  const unknown = await set('vm.no_such', '1');

  expect([first.status, again.status, other.status, unknown.status]).toEqual([0, 0, 1, 1]);
  expect(await rig.read('/etc/sysctl.d/vm.swappiness.conf')).toContain('\nvm.swappiness = 10\n');
  expect(other.stderr).toContain('vm.swappiness is to be "1"');
  expect(unknown.stderr).toContain('The kernel has no parameter vm.no_such');
});

test('local-config gives apt the proxies, the same at each run', async () => {
  await using rig = await elementRig(['local-config'], {
    http_proxy: 'http://p:3128',
    no_proxy: 'a.example,b.example',
  });
  await rig.write({ '/etc/apt/sources.list': '' });

  await rig.inChroot('pre-install.d/02-proxy-settings');
  const { status, tail } = await rig.inChroot('pre-install.d/02-proxy-settings');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/apt/apt.conf.d/02-use-http-proxy')).toBe('Acquire::http::Proxy "http://p:3128";\n');
  expect((await rig.read('/etc/apt/apt.conf.d/02-no-proxy')).split('\n')).toEqual([
    'Acquire::http::Proxy::a.example "DIRECT";',
    'Acquire::http::Proxy::b.example "DIRECT";',
    'Acquire::http::Proxy::192.0.2.1 "DIRECT";',
    '',
  ]);
});

test('dib-python prefers Python 3 on Debian and its link does not stay', async () => {
  await using rig = await elementRig(['dib-python'], { DISTRO_NAME: 'debian', DIB_RELEASE: 'bookworm' });
  await rig.write({
    '/../hooks/bin/install-packages': 'exec:#!/bin/sh\necho "$*" >/tmp/wanted\n',
    '/usr/local/bin/python3': 'exec:#!/bin/sh\n',
  });

  const { status, tail } = await rig.inChroot('pre-install.d/01-dib-python');
  const link = await lstat(rig.at('/usr/local/bin/dib-python'));
  await rig.onHost('cleanup.d/50-dib-python');

  expect(status, tail.join('\n')).toBe(0);
  expect(link.isSymbolicLink()).toBe(true);
  await expect(lstat(rig.at('/usr/local/bin/dib-python'))).rejects.toMatchObject({ code: 'ENOENT' });
});

async function linkedHooks(rig: ElementRig, names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    names.map(async (name) =>
      (await lstat(`${rig.hooks}/install.d/70-${name}`).catch(() => undefined)) ? [name] : [],
    ),
  );
  return found.flat().sort();
}
