import { lstat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { elementRig, recorder } from './element-rig.ts';

test('installs the units of all elements for systemd', { tags: ['init-system.scripts'] }, async () => {
  await using rig = await elementRig(['dib-init-system', 'growroot'], { DIB_INIT_SYSTEM: 'systemd' });

  const { status, tail } = await rig.inChroot('install.d/20-install-init-scripts');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/usr/lib/systemd/system/growroot.service')).toContain('ExecStart=/usr/local/sbin/growroot');
});

test('installs scripts for OpenRC as programs and adds them to the default runlevel', async () => {
  await using rig = await elementRig(['dib-init-system', 'growroot'], { DIB_INIT_SYSTEM: 'openrc' });
  await rig.write({ '/usr/local/sbin/rc-update': recorder('rc-update') });

  const installed = await rig.inChroot('install.d/20-install-init-scripts');
  const enabled = await rig.inChroot('post-install.d/10-enable-init-scripts');

  expect([installed.status, enabled.status], enabled.tail.join('\n')).toEqual([0, 0]);
  expect((await lstat(rig.at('/etc/init.d/growroot'))).mode & 0o111).toBe(0o111);
  expect(await rig.read('/tmp/rc-update.calls')).toBe('add growroot default\n');
});

test('gives hooks a command that prints the init system', async () => {
  await using rig = await elementRig(['dib-init-system'], { DIB_INIT_SYSTEM: 'sysv' });

  await rig.inChroot('pre-install.d/04-dib-init-system');

  expect(await rig.read('/usr/local/bin/dib-init-system')).toBe('#!/bin/bash\necho sysv\n');
});

test.each([
  [{}, 'DIB_INIT_SYSTEM is not set'],
  [{ DIB_INIT_SYSTEM: 'runit' }, 'DIB_INIT_SYSTEM is "runit"; known are systemd, openrc, sysv and upstart'],
])('stops the build for %j', { tags: ['init-system.unset'] }, async (env, reason) => {
  await using rig = await elementRig(['dib-init-system'], env);

  await expect(rig.inChroot('pre-install.d/04-dib-init-system')).rejects.toMatchObject({
    code: 'HOOK_FAILED',
    details: { tail: expect.arrayContaining([expect.stringContaining(reason)]) },
  });
});
