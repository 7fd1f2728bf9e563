import { expect, test } from 'vitest';
import { elementRig, recorder } from './element-rig.ts';

const PIP_CONF = '/root/.pip/pip.conf';
const CONFIGURE = 'pre-install.d/04-configure-pypi-mirror';

test('pypi names the mirrors in order, PyPI last, and trusts the host of the first', async () => {
  await using rig = await elementRig(['pypi'], {
    DIB_PYPI_MIRROR_URL_2: 'http://third/simple',
    DIB_PYPI_MIRROR_URL: 'https://ada:secret@mirror.example:3141/simple',
    DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
    PYPI_MIRROR_URL: 'http://old/simple',
    DIB_PIP_RETRIES: '0',
  });

  const { status, tail } = await rig.inChroot(CONFIGURE);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read(PIP_CONF)).toBe(`[global]
log = /root/pip.log
index-url = https://ada:secret@mirror.example:3141/simple
trusted-host = mirror.example
retries = 0
extra-index-url =
    file:///tmp/pypi
    http://third/simple
    http://old/simple
    https://pypi.org/simple
`);
});

test.each(['DIB_OFFLINE', 'DIB_NO_PYPI_PIP'])('pypi takes the mirror in the cache alone with %s', async (name) => {
  await using rig = await elementRig(['pypi'], { [name]: '1' });

  await rig.inChroot(CONFIGURE);

  expect(await rig.read(PIP_CONF)).toBe('[global]\nlog = /root/pip.log\nindex-url = file:///tmp/pypi\n');
});

test('pypi leaves pip as it was', async () => {
  await using rig = await elementRig(['pypi']);
  await rig.write({ [PIP_CONF]: '[global]\nquiet = 1\n', '/root/.pydistutils.cfg': '[install]\n' });

  await rig.inChroot(CONFIGURE);
  await expect(rig.read('/root/.pydistutils.cfg')).rejects.toMatchObject({ code: 'ENOENT' });
  const { status, tail } = await rig.inChroot('post-install.d/00-unconfigure-pypi-mirror');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read(PIP_CONF)).toBe('[global]\nquiet = 1\n');
  expect(await rig.read('/root/.pydistutils.cfg')).toBe('[install]\n');
  await expect(rig.read(`${PIP_CONF}.orig`)).rejects.toMatchObject({ code: 'ENOENT' });
});

const ENVIRONMENT = '/tmp/in_target.d/environment.d/51-pip-and-virtualenv-default.bash';
const PIP_FROM_SOURCE = { DIB_INSTALLTYPE_pip_and_virtualenv: 'source', DIB_DEFAULT_INSTALLTYPE: 'package' };

test('pip-and-virtualenv installs the newest from PyPI when it is asked to', async () => {
  await using rig = await elementRig(['pip-and-virtualenv', 'install-types'], {
    DISTRO_NAME: 'debian',
    ...PIP_FROM_SOURCE,
  });
  await rig.write({
    '/usr/local/bin/python3': 'exec:#!/bin/sh\necho "$* $PIP_IGNORE_INSTALLED" >>/tmp/python.calls\n',
    '/tmp/get-pip.py': '',
  });
  await rig.write({ '/../hooks/link': 'exec:#!/bin/sh\nln -s /usr/local/bin/python3 /usr/local/bin/dib-python\n' });
  await rig.inChroot('link');

  await rig.onHost('extra-data.d/99-enable-install-types');
  const { status, tail } = await rig.inChroot('install.d/04-install-pip');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/tmp/python.calls')).toBe('/tmp/get-pip.py 1\n-m pip install virtualenv 1\n');
});

test('pip-and-virtualenv installs from packages unless it is asked to do otherwise', async () => {
  await using rig = await elementRig(['pip-and-virtualenv', 'install-types'], { DIB_DEFAULT_INSTALLTYPE: 'source' });

  await rig.onHost('extra-data.d/99-enable-install-types');

  await expect(rig.inChroot('install.d/04-install-pip')).resolves.toMatchObject({ status: 127 });
});

test('pip-and-virtualenv refuses to install from source on CentOS', async () => {
  await using rig = await elementRig(['pip-and-virtualenv'], { DISTRO_NAME: 'centos', ...PIP_FROM_SOURCE });

  await expect(rig.inChroot('post-install.d/89-clean-up-pip-cache')).rejects.toMatchObject({
    code: 'HOOK_FAILED',
    details: { tail: [expect.stringContaining('pip-and-virtualenv cannot install from source on centos')] },
  });
});

test.each([
  ['centos', '2', '-m virtualenv'],
  ['debian', '3', '-m venv'],
])('pip-and-virtualenv tells hooks on %s how to call pip and virtualenv', async (distro, version, virtualenv) => {
  await using rig = await elementRig(['pip-and-virtualenv'], { DISTRO_NAME: distro, DIB_PYTHON_VERSION: version });
  await rig.write({
    '/../hooks/link': `exec:#!/bin/sh\nln -s /usr/bin/python${version} /usr/local/bin/dib-python\n`,
    '/../hooks/say': `exec:#!/bin/bash\n. ${ENVIRONMENT}\necho "$DIB_PYTHON_PIP, $DIB_PYTHON_VIRTUALENV"\n`,
  });
  await rig.inChroot('link');

  const { stdout } = await rig.inChroot('say');

  expect(stdout).toBe(`/usr/bin/python${version} -m pip, /usr/bin/python${version} ${virtualenv}\n`);
});

test('pip-and-virtualenv removes what pip downloaded, unless told not to', async () => {
  await using rig = await elementRig(['pip-and-virtualenv']);
  await rig.write({ '/root/.cache/pip/wheel': 'w' });

  await rig.inChroot('post-install.d/89-clean-up-pip-cache', { DIB_DISABLE_PIP_CLEANUP: '1' });
  const kept = await rig.read('/root/.cache/pip/wheel');
  await rig.inChroot('post-install.d/89-clean-up-pip-cache');

  expect(kept).toBe('w');
  await expect(rig.read('/root/.cache/pip/wheel')).rejects.toMatchObject({ code: 'ENOENT' });
});

const EPEL_REPO = '[epel]\n#baseurl=https://download.example/pub/epel/$releasever\nmetalink=https://x\nenabled=1\n';

test('epel takes the mirror, and leaves the repositories switched off when asked to', async () => {
  await using rig = await elementRig(['epel'], {
    DISTRO_NAME: 'rocky',
    YUM: 'dnf',
    DIB_EPEL_DISABLED: '1',
    DIB_EPEL_MIRROR: 'http://mirror.example/epel',
  });
  await rig.write({
    '/usr/local/bin/dnf': recorder('dnf'),
    '/etc/yum.repos.d/epel.repo': EPEL_REPO,
    '/etc/yum.repos.d/rocky.repo': 'enabled=1\n',
  });

  const { status, tail } = await rig.inChroot('pre-install.d/05-rpm-epel-release');

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/tmp/dnf.calls')).toBe('install -y epel-release\n');
  expect(await rig.read('/etc/yum.repos.d/epel.repo')).toBe(
    '[epel]\nbaseurl=http://mirror.example/epel/$releasever\nenabled=0\n',
  );
  expect(await rig.read('/etc/yum.repos.d/rocky.repo')).toBe('enabled=1\n');
});

test('epel does nothing to Debian', async () => {
  await using rig = await elementRig(['epel'], { DISTRO_NAME: 'debian' });

  const { status, stdout } = await rig.inChroot('pre-install.d/05-rpm-epel-release');

  expect([status, stdout]).toEqual([0, 'EPEL is not for debian; nothing is done\n']);
});
