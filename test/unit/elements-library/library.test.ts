import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUNDLED_ELEMENTS } from '../../../src/elements/bundled-elements.ts';
import { readLibrary } from '../../../src/elements/element-library.ts';
import { collectHookTree } from '../../../src/elements/hook-tree.ts';
import { readPackageWishes } from '../../../src/elements/package-installs-file.ts';
import { readPackageMapFile } from '../../../src/elements/package-maps.ts';
import { idleHookWarnings } from '../../../src/elements/phase-hooks.ts';
import { mergeServiceMaps } from '../../../src/elements/svc-map.ts';
import { runForStatus } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

/** Every element that people name in their own `element-deps` and that ingot has to bring along. */
const PROMISED =
  'autoupdates base cache-url centos-minimal cloud-init cloud-init-datasources cloud-init-disable-resizefs cloud-init-growpart cloud-init-nocloud devuser dhcp-all-interfaces dib-init-system dib-python dib-run-parts disable-nouveau disable-selinux dkms dynamic-login element-manifest enable-serial-console ensure-venv epel fail2ban fedora-minimal fips growroot ibft-interfaces install-bin install-static install-types iscsi-boot journal-to-console local-config lvm manifests mellanox modprobe modprobe-blacklist nm-dhcp-ib-interfaces no-final-image openssh-server openstack-ci-mirrors opensuse-minimal package-installs pip-and-virtualenv pip-cache pkg-map posix pypi python-stow-versions redhat-common rhel-common rpm-distro runtime-ssh-host-keys selinux-fixfiles-restore selinux-permissive simple-init source-repositories stable-interface-names svc-map sysctl sysprep ubuntu ubuntu-common ubuntu-minimal ubuntu-signed ubuntu-systemd-container yum yum-minimal zypper zypper-minimal';

/** Elements that diskimage-builder has none of the same name of. */
const OWN_ELEMENTS: readonly string[] = ['bootloader-packages', 'debian-kernel', 'ubuntu-kernel'];

/** Elements that bring a package manager, of which an image has one. */
const PACKAGE_MANAGERS: readonly string[] = ['dpkg', 'gentoo', 'yum', 'zypper'];

test('has the promised elements, and whatever they depend on', async () => {
  const { elements } = readLibrary([], BUNDLED_ELEMENTS);

  expect(PROMISED.split(' ').filter((name) => !elements.has(name))).toEqual([]);
  const provided = new Set([...elements.values()].flatMap((element) => [element.name, ...element.provides]));
  const missing = PROMISED.split(' ').flatMap((name) =>
    elements.get(name)?.needs.filter((need) => !provided.has(need)),
  );
  expect(missing).toEqual([]);
});

test('elements can be combined at will, but for those that make the same, and every hook runs', async () => {
  const { elements } = readLibrary([], BUNDLED_ELEMENTS);
  const managers = PACKAGE_MANAGERS.flatMap((name) => elements.get(name) ?? []);
  const all = [...elements.values()].filter((element) => !managers.includes(element));
  const rivals = all.filter(
    ({ provides, needs }) =>
      provides.includes('block-device') || provides.includes('operating-system') || needs.includes('containerfile'),
  );
  const others = all.filter((element) => !rivals.includes(element));

  const withDpkg = managers.slice(0, 1);
  for (const chosen of [...managers.map((manager) => [manager]), ...rivals.map((rival) => [...withDpkg, rival])]) {
    const nodes = await collectHookTree([...others, ...chosen]);
    expect(idleHookWarnings(nodes)).toEqual([]);
  }
});

test('every package map, service map and package list can be read', async () => {
  const { elements } = readLibrary([], BUNDLED_ELEMENTS);
  const all = [...elements.values()];

  await mergeServiceMaps(all, 'debian');
  const { wishes, warnings } = await readPackageWishes(all);
  for (const { path } of all) {
    if ((await readdir(path)).includes('pkg-map')) await readPackageMapFile(join(path, 'pkg-map'));
  }

  expect(warnings).toEqual([]);
  expect(wishes.some((wish) => wish.package === 'cloud-init')).toBe(true);
});

// Package lists of all elements of one name are joined, and a condition on a variable that nobody sets ends the build.
test('an element of the same name need not set the variables of the bundled one', async () => {
  const { elements } = readLibrary([], BUNDLED_ELEMENTS);
  const shared = [...elements.values()].filter(({ name }) => !OWN_ELEMENTS.includes(name));

  const { wishes } = await readPackageWishes(shared);

  expect(wishes.length).toBeGreaterThan(10);
  expect(wishes.filter(({ conditions }) => conditions.length > 0)).toEqual([]);
});

test('no element needs Python or jq', async () => {
  const { status, stdout } = await runForStatus('grep', ['-rlE', '^#!.*python|\\bjq ', BUNDLED_ELEMENTS]);

  expect(stdout).toBe('');
  expect(status).toBe(1);
});

const README = `====\ngood\n====\n\nText.\n\nVariables\n=========\n\nNone.\n\nPhases\n======\n\nNone.\n\nExample\n=======\n\nNone.\n`;
const HOOK = `exec:#!/usr/bin/env bash\nset -euo pipefail\nif ((\${DIB_DEBUG_TRACE:-0} > 0)); then set -x; fi\ntrue\n`;

test.each([
  ['good/README.rst', README.replace('Phases', 'Phase'), 'has to have the sections Variables, Phases and Example'],
  ['good/element-deps', 'b\na\n', 'has to be sorted'],
  ['good/install.d/10-hook.sh', HOOK, 'because of the dot in its name'],
  ['good/install.d/hook', HOOK, 'has to be a number'],
  ['good/install.d/10-hook', HOOK.replace('exec:', ''), 'is not executable'],
  ['good/install.d/10-hook', HOOK.replace('-euo', '-eu'), 'has no line "set -euo pipefail"'],
  ['good/install.d/10-hook', HOOK.replace('true', '\ttrue'), 'has tabs'],
  ['good/install.d/10-hook', HOOK.replace('true\n', 'true'), 'has to end with a line end'],
  ['good/install.d/10-hook', HOOK.replace('true', 'echo $1'), 'SC2086'],
  ['good/install.d/10-hook', HOOK.replace('DIB_DEBUG_TRACE', 'X'), 'does not trace'],
  ['good/environment.d/10-x', 'exec:export X=1\n', 'must not be executable'],
])('the lint finds a fault in %s', async (path, text, message) => {
  await using folder = await folderTree({ 'good/README.rst': README, 'good/install.d/10-fine': HOOK, [path]: text });

  const { status, stdout } = await lint(folder.path);

  expect(stdout).toContain(message);
  expect(status).toBe(1);
});

test('the lint finds a file that two elements have, and nothing in good elements', async () => {
  const other = README.replaceAll('====\ngood\n====', '=====\nother\n=====');
  await using folder = await folderTree({
    'good/README.rst': README,
    'good/install.d/10-hook': HOOK,
    'other/README.rst': other,
    'other/install.d/20-hook': HOOK,
  });
  const before = await lint(folder.path);
  await folder.write({ 'good/static/etc/x': 'x\n', 'other/static/etc/x': 'x\n' });

  const { status, stdout } = await lint(folder.path);

  expect(before.stdout).toBe('');
  expect(before.status).toBe(0);
  expect(stdout).toBe('elements/other/static/etc/x: is also a file of good\n');
  expect(status).toBe(1);
});

async function lint(folder: string) {
  return await runForStatus('scripts/lint-elements', [], {
    env: { PATH: process.env.PATH ?? '', ELEMENTS_DIR: folder },
  });
}
