import { lstat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type ElementRig, elementRig } from './element-rig.ts';

const DAEMONS = '/usr/sbin/start-stop-daemon';

async function dpkgRig(): Promise<ElementRig> {
  const rig = await elementRig(['dpkg'], { DISTRO_NAME: 'debian', DIB_RELEASE: 'sid' });
  await rig.write({
    [DAEMONS]: 'exec:#!/bin/sh\necho started\n',
    '/etc/apt/apt.conf.d/00': '',
    '/etc/dpkg/dpkg.cfg.d/00': '',
    '/var/lib/apt/lists/deb.debian.org_i18n_Translation-en': 'x',
    '/var/lib/apt/lists/deb.debian.org_Packages': 'x',
  });
  return rig;
}

async function succeed(rig: ElementRig, ...hooks: readonly string[]): Promise<void> {
  for (const hook of hooks) {
    const { status, tail } = await rig.onHost(hook);
    expect(status, tail.join('\n')).toBe(0);
  }
}

test('no service starts while the image is built, and afterwards nothing of that is left', {
  tags: ['dpkg.no-services'],
}, async () => {
  await using rig = await dpkgRig();

  await succeed(rig, 'root.d/50-block-daemons');
  const blocked = await rig.read(DAEMONS);
  const policy = await rig.read('/usr/sbin/policy-rc.d');
  await succeed(rig, 'cleanup.d/40-unblock-daemons');

  expect(blocked).not.toContain('started');
  expect(policy).toMatch(/^exit 101$/m);
  expect(await rig.read(DAEMONS)).toContain('started');
  for (const path of ['/usr/sbin/policy-rc.d', `${DAEMONS}.REAL`])
    await expect(lstat(rig.at(path)), path).rejects.toMatchObject({ code: 'ENOENT' });
});

test('apt installs no recommended packages and fetches no translations, in the finished image too', {
  tags: ['dpkg.lean'],
}, async () => {
  await using rig = await dpkgRig();

  await succeed(rig, 'root.d/50-block-apt-translations', 'root.d/50-trim-dpkg');
  expect((await rig.inChroot('pre-install.d/00-disable-apt-recommends')).status).toBe(0);
  const hurried = await rig.read('/etc/dpkg/dpkg.cfg.d/02apt-speedup');
  await succeed(rig, 'cleanup.d/60-untrim-dpkg');

  expect(hurried).toBe('force-unsafe-io\n');
  expect(await rig.read('/etc/apt/apt.conf.d/95disable-recommends')).toContain('APT::Install-Recommends "0";');
  expect(await rig.read('/etc/apt/apt.conf.d/95no-translations')).toBe('Acquire::Languages "none";\n');
  expect(await rig.read('/var/lib/apt/lists/deb.debian.org_Packages')).toBe('x');
  for (const path of ['/etc/dpkg/dpkg.cfg.d/02apt-speedup', '/var/lib/apt/lists/deb.debian.org_i18n_Translation-en'])
    await expect(lstat(rig.at(path)), path).rejects.toMatchObject({ code: 'ENOENT' });
});
