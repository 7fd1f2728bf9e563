import { expect, test } from 'vitest';
import { elementRig, recorder } from './element-rig.ts';

/** Makes an environment whose pip only notes how it was called. */
const PYTHON = `exec:#!/bin/sh
echo "python3 $*"
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "pip $*"\\n' >"$3/bin/pip"
chmod +x "$3/bin/pip"
`;

/** Runs the hook where all of /usr can be written. */
const RUN_HOOK = `exec:#!/bin/sh
set -e
mount -t tmpfs own /root
mkdir -p /root/work /root/usr/local/bin
cp /tmp/python3 /root/usr/local/bin/
mount -t overlay own -o lowerdir=/usr,upperdir=/root/usr,workdir=/root/work /usr
/tmp/in_target.d/install.d/40-glean
readlink /usr/local/bin/glean-install
`;

test.each([
  ['source', 'glean'],
  ['repo', '/tmp/glean.git'],
])('simple-init of the install type %s installs glean into an environment of its own', async (type, what) => {
  await using rig = await elementRig(['simple-init', 'install-types'], {
    DIB_INSTALLTYPE_simple_init: type,
    DIB_DEFAULT_INSTALLTYPE: 'package',
    DISTRO_NAME: 'debian',
  });
  await rig.write({ '/tmp/python3': PYTHON, '/../hooks/run': RUN_HOOK });

  await rig.onHost('extra-data.d/99-enable-install-types');
  const { status, stdout, tail } = await rig.inChroot('run');

  expect(status, tail.join('\n')).toBe(0);
  expect(stdout).toBe(`python3 -m venv /usr/glean\npip install ${what}\n/usr/glean/bin/glean-install\n`);
});

test.each([
  [{ DISTRO_NAME: 'debian' }, '-m simple-init network-scripts\n', '\n'],
  [
    { DISTRO_NAME: 'rocky', DIB_SIMPLE_INIT_NO_DHCP_FALLBACK: '1' },
    '-m simple-init NetworkManager NetworkManager-initscripts-ifcfg-rh\n',
    '--use-nm --no-dhcp-fallback\n',
  ],
])('simple-init with %o has glean enable itself', async (env, packages, options) => {
  await using rig = await elementRig(['simple-init'], env);
  await rig.write({
    '/usr/local/bin/install-packages': recorder('install-packages'),
    '/usr/local/bin/glean-install': recorder('glean-install'),
  });

  await rig.inChroot('install.d/45-simple-init-packages');
  await rig.inChroot('install.d/50-simple-init');
  const { status, tail } = await rig.inChroot('install.d/50-simple-init');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/tmp/install-packages.calls')).toBe(packages);
  expect(await rig.read('/tmp/glean-install.calls')).toBe(options + options);
  expect(await rig.read('/etc/modules')).toBe('8021q\n');
});

test('simple-init needs NetworkManager where there is nothing else', async () => {
  await using rig = await elementRig(['simple-init'], { DISTRO_NAME: 'rocky', DIB_SIMPLE_INIT_NETWORKMANAGER: '0' });

  await expect(rig.inChroot('install.d/50-simple-init')).rejects.toMatchObject({
    code: 'HOOK_FAILED',
    details: { tail: [expect.stringContaining('simple-init needs NetworkManager on rocky')] },
  });
});

test('simple-init removes interfaces that are configured by name, and no other', async () => {
  await using rig = await elementRig(['simple-init']);
  const gone = ['/etc/network/interfaces.d/eth0', '/etc/sysconfig/network-scripts/ifcfg-ens3', '/etc/conf.d/net.eth0'];
  for (const path of gone) await rig.write({ [path]: 'x\n' });
  await rig.write({ '/etc/network/interfaces': 'auto eth0\n', '/etc/sysconfig/network-scripts/ifcfg-lo': 'lo\n' });

  const { status, tail } = await rig.inChroot('install.d/60-simple-init-remove-interfaces');

  expect(status, tail.join('\n')).toBe(0);
  for (const path of gone) await expect(rig.read(path)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await rig.read('/etc/sysconfig/network-scripts/ifcfg-lo')).toBe('lo\n');
  expect(await rig.read('/etc/network/interfaces')).toBe(
    'auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n\n',
  );
});

test('simple-init leaves cloud-init without sources, and starts the network on openSUSE', async () => {
  await using rig = await elementRig(['simple-init'], { DISTRO_NAME: 'opensuse', DIB_INIT_SYSTEM: 'systemd' });
  await rig.write({
    '/usr/local/bin/systemctl': recorder('systemctl'),
    '/../hooks/say': 'exec:#!/bin/sh\necho "$DIB_CLOUD_INIT_DATASOURCES"\n',
  });

  const { stdout } = await rig.inChroot('say');
  await rig.inChroot('post-install.d/80-simple-init');

  expect(stdout).toBe('None\n');
  expect(await rig.read('/tmp/systemctl.calls')).toBe('enable wicked.service\n');
});

test.each([
  ['repo', 'source'],
  ['source', 'package'],
])('simple-init of the install type %s has glean cloned: %s', async (type, glean) => {
  await using rig = await elementRig(['simple-init'], { DIB_INSTALLTYPE_simple_init: type });
  await rig.write({ '/../hooks/say': 'exec:#!/bin/sh\necho "$DIB_INSTALLTYPE_glean"\n' });

  const { stdout } = await rig.inChroot('say');

  expect(stdout).toBe(`${glean}\n`);
});
