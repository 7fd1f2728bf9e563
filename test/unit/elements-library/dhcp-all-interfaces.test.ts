import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { elementRig, recorder } from './element-rig.ts';

const ENV = { DIB_INIT_SYSTEM: 'systemd', DISTRO_NAME: 'debian', DIB_RELEASE: 'bookworm' };

test('installs the service and its time limits', async () => {
  await using rig = await elementRig(['dhcp-all-interfaces'], { ...ENV, DIB_DHCP_TIMEOUT: '40' });
  await rig.write({ '/etc/dhcp/dhclient.conf': 'timeout 10;\nretry 60;\n' });

  const { status, tail } = await rig.inChroot('install.d/50-dhcp-all-interfaces');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/usr/lib/systemd/system/dhcp-interface@.service')).toContain('TimeoutStartSec=80s\n');
  expect(await rig.read('/etc/udev/rules.d/99-dhcp-all-interfaces.rules')).toContain('dhcp-interface@$name.service');
  expect(await rig.read('/etc/default/dhcp-all-interfaces')).toBe('DIB_DHCP_TIMEOUT=40\n');
  expect(await rig.read('/etc/dhcp/dhclient.conf')).toBe('timeout 40;\n# retry 60;\n');
  expect((await stat(rig.at('/usr/local/sbin/dhcp-all-interfaces.sh'))).mode & 0o777).toBe(0o755);
});

test('leaves the interfaces to NetworkManager when told to', async () => {
  await using rig = await elementRig(['dhcp-all-interfaces'], { ...ENV, DIB_DHCP_NETWORK_MANAGER_AUTO: 'true' });
  await rig.write({ '/etc/NetworkManager/NetworkManager.conf': '' });

  const { status, tail } = await rig.inChroot('install.d/50-dhcp-all-interfaces');

  expect(status, tail.join('\n')).toBe(0);
  const config = await rig.read('/etc/NetworkManager/conf.d/00-main.conf');
  expect(config).toContain('dhcp=internal\n');
  expect(config).toContain('ipv4.dhcp-timeout=30\nipv6.dhcp-timeout=30\n');
  await expect(stat(rig.at('/usr/local/sbin/dhcp-all-interfaces.sh'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('removes interfaces that are configured by name', async () => {
  await using rig = await elementRig(['dhcp-all-interfaces'], ENV);
  await rig.write({
    '/etc/network/interfaces': 'auto eth0\niface eth0 inet dhcp\n',
    '/etc/network/interfaces.d/eth1': 'auto eth1\n',
  });

  const { status, tail } = await rig.inChroot('install.d/60-remove-cloud-image-interfaces');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/network/interfaces')).toBe(
    'auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n\n',
  );
  await expect(stat(rig.at('/etc/network/interfaces.d/eth1'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the script leaves configured interfaces and those without hardware alone', async () => {
  await using rig = await elementRig(['dhcp-all-interfaces'], ENV);
  await rig.write({
    '/etc/network/interfaces': '',
    '/usr/local/sbin/ifquery': 'exec:#!/bin/sh\n[ "$1" = lo ] && echo "address: 127.0.0.1"\n',
    '/usr/local/sbin/ip': recorder('ip'),
  });
  await rig.inChroot('install.d/50-dhcp-all-interfaces');
  await rig.write({
    '/../hooks/ask': 'exec:#!/bin/sh\ndhcp-all-interfaces.sh lo && dhcp-all-interfaces.sh nothere0\n',
  });

  const { status, stdout, tail } = await rig.inChroot('ask');

  expect(status, tail.join('\n')).toBe(0);
  expect(stdout).toBe('lo has a configuration\nnothere0 is not a device of its own\n');
  expect(await rig.read('/etc/network/interfaces')).toBe('');
});
