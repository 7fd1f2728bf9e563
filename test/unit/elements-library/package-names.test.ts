import { expect, test } from 'vitest';
import { BUNDLED_ELEMENTS } from '../../../src/elements/bundled-elements.ts';
import { readLibrary } from '../../../src/elements/element-library.ts';
import { squashPackageWishes } from '../../../src/elements/package-installs.ts';
import { readPackageWishes } from '../../../src/elements/package-installs-file.ts';
import { mapWantedPackages } from '../../../src/elements/package-maps.ts';

const DEBIAN = { DISTRO_NAME: 'debian', DIB_RELEASE: 'trixie', DIB_PYTHON_VERSION: '3', ARCH: 'amd64' };
const UBUNTU = { ...DEBIAN, DISTRO_NAME: 'ubuntu', DIB_RELEASE: 'noble' };
const ROCKY = { ...DEBIAN, DISTRO_NAME: 'rocky', DIB_RELEASE: '9' };
const SUSE = { ...DEBIAN, DISTRO_NAME: 'opensuse', DIB_RELEASE: '15.6' };
const FROM_SOURCE = { DIB_INSTALLTYPE_pip_and_virtualenv: 'source' };

test.each([
  ['ensure-venv', DEBIAN, 'python3-venv'],
  ['ensure-venv', ROCKY, 'python3'],
  ['ensure-venv', SUSE, 'python3'],
  ['autoupdates', DEBIAN, 'unattended-upgrades'],
  ['autoupdates', ROCKY, 'dnf-automatic'],
  ['autoupdates', SUSE, ''],
  ['epel', DEBIAN, ''],
  ['epel', ROCKY, 'wget yum-utils'],
  ['ibft-interfaces', ROCKY, 'iscsi-initiator-utils'],
  ['iscsi-boot', DEBIAN, 'open-iscsi'],
  ['iscsi-boot', ROCKY, 'iscsi-initiator-utils'],
  ['lvm', UBUNTU, 'initramfs-tools lvm2'],
  [
    'mellanox',
    DEBIAN,
    'dkms ibacm ibverbs-providers ibverbs-utils infiniband-diags librdmacm-dev mstflint opensm pciutils perftest rdma-core rdmacm-utils srptools vlan',
  ],
  [
    'mellanox',
    ROCKY,
    'ibacm infiniband-diags libibverbs libibverbs-utils librdmacm-utils mstflint opensm pciutils perftest rdma-core srp_daemon',
  ],
  ['pip-and-virtualenv', DEBIAN, 'python3-pip python3-venv python3-virtualenv'],
  ['pip-and-virtualenv', { ...UBUNTU, ...FROM_SOURCE }, 'python3-dev python3-pip python3-venv python3-virtualenv'],
  ['pip-and-virtualenv', { ...ROCKY, ...FROM_SOURCE }, 'python3-devel python3-pip python3-virtualenv'],
  ['pip-and-virtualenv', SUSE, 'python3 python3-pip python3-virtualenv'],
  [
    'posix',
    ROCKY,
    'at bash bc binutils bison coreutils cronie ctags cups-client diffutils ed file findutils flex gawk gcc glibc-common grep gzip m4 mailx make man-db ncompress ncurses patch pax procps-ng psmisc sed shadow-utils sharutils talk util-linux vim-minimal',
  ],
  [
    'python-stow-versions',
    DEBIAN,
    'curl gcc git libbz2-dev libreadline-dev libsqlite3-dev libssl-dev make stow zlib1g-dev',
  ],
  ['simple-init', { ...DEBIAN, DIB_INSTALLTYPE_simple_init: 'source' }, 'ifupdown isc-dhcp-client net-tools'],
  ['simple-init', { ...DEBIAN, DIB_RELEASE: 'sid' }, 'dhcpcd-base glean ifupdown net-tools'],
  ['simple-init', ROCKY, 'dhclient net-tools python3-glean'],
])('%s wants from %o: %s', async (name, env, packages) => {
  const { elements } = readLibrary([], BUNDLED_ELEMENTS);
  const chosen = [...elements.values()].filter((element) => element.name === name);
  const { wishes } = await readPackageWishes(chosen);
  const phases = squashPackageWishes(wishes, { DIB_DEFAULT_INSTALLTYPE: 'package', ...env });
  const wanted = Object.values(phases).flatMap(({ install }) => install);

  const names = await mapWantedPackages(
    wanted,
    { elements: chosen },
    { distro: env.DISTRO_NAME, release: env.DIB_RELEASE },
  );

  expect(names.join(' ')).toBe(packages);
});
