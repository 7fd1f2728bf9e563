import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook } from '../support/cli.ts';
import { folderTree } from '../support/folder-tree.ts';
import { build, inLab } from '../support/image-build.ts';
import { elementsOf, lookAt, unpackPlaces } from '../support/look-at-facts.ts';

/** An element that uses what those do that bring tools for others. */
const CHECKS = {
  'checks/bin/checks-tool': hook('echo checked'),
  'checks/static/etc/checks/static': 'static\n',
  'checks/install.d/checks-package-install/50-type': hook('mkdir -p /etc/checks', 'echo package >/etc/checks/type'),
  'checks/install.d/checks-source-install/50-type': hook('mkdir -p /etc/checks', 'echo source >/etc/checks/type'),
  'checks/package-installs.yaml': 'greeting:\n',
  'checks/pkg-map': '{"default": {"greeting": "hello"}}\n',
  'checks/svc-map': 'checks:\n  debian: checks-on-debian\n',
  'checks/source-repository-checks': 'checked file /etc/checks/source "$CHECKS_SOURCE"\n',
  'checks/pre-install.d/90-checks': hook(
    'mkdir -p /etc/checks /etc/systemd/network',
    'cp ~/.pip/pip.conf /etc/checks/pip.conf || true',
    'echo "${PIP_CACHE_DIR-} $(findmnt --noheadings --output TARGET /tmp/pip || true)" >/etc/checks/pip-cache',
    'ln -s /dev/null /etc/systemd/network/99-default.link',
    'echo "${DIB_DEBIAN_ALT_INIT_PACKAGE-}" >/etc/checks/init',
    `dib-python -c 'print("python")' >/etc/checks/python || true`,
  ),
  'checks/post-install.d/90-checks': hook(
    'sysctl-set-value net.ipv4.ip_forward 1',
    'fail2ban-client --test >/etc/checks/fail2ban 2>&1 || true',
  ),
} as const;

/** A wheel with the programs of glean that the element simple-init calls. */
const GLEAN = {
  ...Object.fromEntries(
    ['glean', 'glean.sh', 'glean-install'].map((name) => [
      `glean-1.0.data/scripts/${name}`,
      `exec:#!/bin/sh\necho "${name} $*" >>/var/lib/glean-calls\n`,
    ]),
  ),
  'glean-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: glean\nVersion: 1.0\n',
  'glean-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  'glean-1.0.dist-info/RECORD': 'glean-1.0.dist-info/RECORD,,\n',
} as const;

const NAME = 'elements';
const WHEEL = 'glean-1.0-py3-none-any.whl';

beforeAll(async () => {
  await using files = await folderTree({
    ...CHECKS,
    ...Object.fromEntries(Object.entries(GLEAN).map(([name, text]) => [`glean/${name}`, text])),
  });
  await run('cp', ['--recursive', join(files.path, 'checks'), inLab('elements')]);
  const mirror = inLab('cache/pypi/mirror/glean');
  await mkdir(mirror, { recursive: true });
  const folders = ['glean-1.0.data', 'glean-1.0.dist-info'];
  await run('7zz', ['a', '-tzip', '-bso0', join(mirror, WHEEL), ...folders], { cwd: join(files.path, 'glean') });
  await writeFile(join(mirror, 'index.html'), `<a href="${WHEEL}">${WHEEL}</a>\n`);
  await mkdir(inLab('home/.ssh'), { recursive: true });
  await writeFile(inLab('home/.ssh/authorized_keys'), 'ssh-ed25519 AAAAC3Nz ada@example\n');
  await writeFile(inLab('home/updates'), '// mine\n');
  await writeFile(inLab('home/source'), 'source\n');

  await build({
    name: NAME,
    elements: [...elementsOf('server').map(({ name }) => name), 'checks'],
    options: ['-t', 'tar'],
    env: {
      DIB_CLOUD_INIT_GROWPART_DEVICES: '[/]',
      DIB_DEB_UPDATES_CONF: inLab('home/updates'),
      DIB_DEV_USER_USERNAME: 'ada',
      DIB_GROWVOLS_ARGS: '/=100%',
      DIB_GROWVOLS_TRIGGER: 'systemd',
      DIB_INSTALLTYPE_checks: 'package',
      DIB_MODPROBE_BLACKLIST: 'pcspkr',
      DIB_NO_PYPI_PIP: '1',
      CHECKS_SOURCE: `file://${inLab('home/source')}`,
    },
  });
  await mkdir(inLab('facts'), { recursive: true });
  await unpackPlaces('server', inLab('out', `${NAME}.tar`), inLab('facts'));
});

test.each(elementsOf('server'))('an image of Debian has what the element $name does', async ({ facts }) => {
  for (const [place, content, expected] of await lookAt(facts, { image: inLab('out', NAME), tree: inLab('facts') })) {
    expect(content, place).toMatch(expected);
  }
});
