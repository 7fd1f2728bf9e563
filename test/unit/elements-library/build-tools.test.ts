import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { elementRig } from './element-rig.ts';

const LIB = fileURLToPath(new URL('../../../lib/dib', import.meta.url));

describe('openstack-ci-mirrors', () => {
  const MIRRORS = ['UBUNTU', 'UBUNTU_PORTS', 'DEBIAN', 'CENTOS', 'EPEL', 'OPENSUSE']
    .map((name) => `NODEPOOL_${name}_MIRROR=http://mirror.example/${name}\n`)
    .join('');
  const SAY = `exec:#!/bin/bash
set -euo pipefail
. /tmp/in_target.d/environment.d/11-dib-distribution-mirror.bash
echo "\${DIB_DISTRIBUTION_MIRROR:-none} \${DIB_EPEL_MIRROR:-none}\${DIB_DEBOOTSTRAP_EXTRA_ARGS:-}"
`;

  test.each([
    [{ DISTRO_NAME: 'ubuntu', ARCH: 'arm64' }, 'http://mirror.example/UBUNTU_PORTS none --no-check-gpg\n'],
    [{ DISTRO_NAME: 'debian', ARCH: 'amd64' }, 'http://mirror.example/DEBIAN none --no-check-gpg\n'],
    [{ DISTRO_NAME: 'centos', DIB_RELEASE: '9-stream' }, 'http://mirror.example/CENTOS http://mirror.example/EPEL\n'],
    [{ DISTRO_NAME: 'rocky', DIB_RELEASE: '9' }, 'http://dl.rockylinux.org/\\$contentdir none\n'],
  ])('names the mirrors for %o', async (env, said) => {
    await using rig = await elementRig(['openstack-ci-mirrors'], env);
    await rig.write({ '/../hooks/mirror_info.sh': MIRRORS, '/../hooks/say': SAY });

    const { stdout, tail } = await rig.inChroot('say');

    expect(stdout, tail.join('\n')).toBe(said);
  });

  test('does nothing on other machines', async () => {
    await using rig = await elementRig(['openstack-ci-mirrors'], { DISTRO_NAME: 'debian' });
    await rig.write({ '/../hooks/say': SAY, '/etc/apt/apt.conf.d/x': '' });

    const { stdout } = await rig.inChroot('say');
    const { status } = await rig.inChroot('root.d/10-apt-disable-gpg', { TARGET_ROOT: '' });

    expect([stdout, status]).toEqual(['none none\n', 0]);
    await expect(rig.read('/etc/apt/apt.conf.d/99unauthenticated')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  // The rig's tree is the machine here: it has the file that the machines of the CI have.
  test('takes packages without signatures and shows the mirrors to the chroot', async () => {
    await using rig = await elementRig(['openstack-ci-mirrors'], { DISTRO_NAME: 'debian' });
    await rig.write({
      '/etc/ci/mirror_info.sh': MIRRORS,
      '/etc/apt/apt.conf.d/x': '',
      '/root/hooks/x': '',
      '/usr/local/bin/sudo': 'exec:#!/bin/sh\nexec "$@"\n',
    });

    const { status, tail } = await rig.inChroot('root.d/10-apt-disable-gpg', { TARGET_ROOT: '' });
    await rig.inChroot('extra-data.d/75-copy-mirror-info', { TMP_HOOKS_PATH: '/root/hooks' });

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/etc/apt/apt.conf.d/99unauthenticated')).toBe(
      'APT::Get::AllowUnauthenticated "true";\nAcquire::AllowInsecureRepositories "true";\n',
    );
    expect(await rig.read('/root/hooks/mirror_info.sh')).toBe(MIRRORS);
  });
});

test('dib-run-parts works in the image', async () => {
  await using rig = await elementRig(['dib-run-parts']);
  await rig.write({
    '/root/parts/10-late': 'exec:#!/bin/sh\necho late\n',
    '/root/parts/9-early': 'exec:#!/bin/sh\necho early\n',
    '/../hooks/use': 'exec:#!/bin/sh\nexec dib-run-parts /root/parts\n',
  });

  const copied = await rig.onHost('extra-data.d/50-dib-run-parts', { _LIB: LIB });
  const { status, stdout, tail } = await rig.inChroot('use');

  expect([copied.status, status], tail.join('\n')).toEqual([0, 0]);
  expect(stdout).toBe('early\nlate\n');
});

describe('python-stow-versions', () => {
  const PYENV = {
    '/pyenv/plugins/python-build/install.sh':
      'exec:#!/bin/sh\ncp /pyenv/plugins/python-build/bin/python-build /usr/local/bin/\n',
    '/pyenv/plugins/python-build/bin/python-build':
      'exec:#!/bin/sh\nif [ "$1" = --definitions ]; then exec cat /pyenv/list; fi\necho "$*" >>/tmp/built\n',
    '/pyenv/list': '  3.9.9\n  3.12.2\n  3.12.10\n  3.12-dev\n  3.13.0rc1\n  pypy3.12-7.3.1\n',
  };

  test('builds the latest release of each version, and leaves nothing else', async () => {
    await using rig = await elementRig(['python-stow-versions'], { DIB_PYTHON_VERSIONS: '3.12,3.9' });
    await rig.write(PYENV);

    const { status, tail } = await rig.inChroot('install.d/70-python-build');
    await rig.inChroot('post-install.d/70-python-build');

    expect(status, tail.join('\n')).toBe(0);
    expect(await rig.read('/tmp/built')).toBe(
      '3.12.10 /usr/local/stow/python-3.12.10\n3.9.9 /usr/local/stow/python-3.9.9\n',
    );
    await expect(rig.read('/pyenv/list')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(rig.read('/usr/local/bin/python-build')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('names a version without a release', async () => {
    await using rig = await elementRig(['python-stow-versions'], { DIB_PYTHON_VERSIONS: '3.13' });
    await rig.write(PYENV);

    const { status, stderr } = await rig.inChroot('install.d/70-python-build');

    expect([status, stderr]).toEqual([1, 'DIB_PYTHON_VERSIONS: pyenv knows no release of Python 3.13.\n']);
  });
});
