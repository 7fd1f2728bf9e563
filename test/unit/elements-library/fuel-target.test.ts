import { readdir, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { elementRig } from './element-rig.ts';

test.each([
  ['with a server', { '/etc/ssh/sshd_config': 'Port 22\n' }, ['sshd_config']],
  ['without a server', {}, undefined],
])('fuel-target has files in place of host keys while it is built, and none in the end, %s', async (_, files, left) => {
  await using rig = await elementRig(['fuel-target'], { DIB_MANIFEST_IMAGE_DIR: '/etc/dib-manifests' });
  const names = async () => (await readdir(rig.at('/etc/ssh')).catch(() => undefined))?.toSorted();
  await rig.write({ '/etc/ssh/ssh_host_rsa_key': 'own', ...files });

  const { status, tail } = await rig.inChroot('pre-install.d/50-fuel-no-ssh-host-keys');

  expect(status, tail.join('\n')).toBe(0);
  const keys = ['dsa', 'ecdsa', 'ed25519', 'rsa'].map((type) => `ssh_host_${type}_key`);
  expect(await names()).toEqual([...keys, ...(left ?? [])]);
  expect(await rig.read('/etc/ssh/ssh_host_rsa_key')).toBe('own');
  expect((await stat(rig.at('/etc/ssh/ssh_host_dsa_key'))).mode & 0o777).toBe(0o600);
  expect((await rig.onHost('cleanup.d/90-fuel-target')).status).toBe(0);
  expect(await names()).toEqual(left);
});
