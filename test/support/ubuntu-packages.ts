import type { TestPackage } from './apt-repository.ts';
import type { Respin } from './respin-deb.ts';

/**
 * Debian packages that the stand-in for Ubuntu offers beside the minimal set, in groups that can be installed together: what the
 * bundled elements ask for in a virtual machine, and what only some images have.
 */
export const DEBIAN_GROUPS: readonly (readonly string[])[] = [
  [
    ...['apt', 'usr-is-merged', 'systemd-sysv', 'udev', 'dbus', 'sudo', 'busybox', 'python3', 'netbase', 'adduser'],
    ...['ca-certificates', 'locales', 'lsb-release', 'zstd', 'initramfs-tools', 'linux-image-cloud-amd64', 'kmod'],
    ...['grub-pc-bin', 'grub2-common', 'grub-efi-amd64-signed', 'shim-signed', 'efibootmgr', 'gnupg', 'iproute2'],
    ...['openssh-server', 'cloud-init', 'ifupdown', 'isc-dhcp-client', 'parted', 'tree', 'curl'],
  ],
  ['grub-pc'],
];

/** Packages of those that Ubuntu has in its component universe. */
export const UNIVERSE: ReadonlySet<string> = new Set(['busybox', 'ifupdown', 'tree']);

/** Name of the Debian kernel that stands for Ubuntu's. */
const KERNEL = 'linux-image-cloud-amd64';

const all = { Architecture: 'all' } as const;

/** Packages that Ubuntu has and Debian has not, made for the stand-in. Their version is that of the kernel's packages in an LTS release. */
export function ubuntuOnlyPackages(keyring: string): readonly TestPackage[] {
  const kernel = (name: string, depends: string): TestPackage => ({
    name,
    version: '6.8.0-31.31',
    fields: { Depends: depends },
  });
  return [
    // Ubuntu's apt depends on it; Debian's, which stands for it, does not.
    {
      name: 'ubuntu-keyring',
      version: '2023.11.28.1',
      fields: { ...all, Priority: 'required' },
      copies: Object.fromEntries(KEYRING_PATHS.map((path) => [path, keyring])),
    },
    {
      name: 'ubuntu-minimal',
      version: '1.539',
      fields: { ...all, Depends: 'apt, sudo, systemd-sysv, ubuntu-keyring' },
    },
    { name: 'ubuntu-standard', version: '1.539', fields: { ...all, Depends: 'ubuntu-minimal' } },
    // The real one brings compilers, which a test of it would spend its time on.
    { name: 'dkms', version: '3.0.11', fields: all, files: { 'usr/sbin/dkms': 'exec:#!/bin/sh\n' } },
    { name: 'linux-firmware', version: '20240318', fields: all },
    ...['generic', 'virtual', 'kvm'].flatMap((flavour) => [
      kernel(`linux-image-${flavour}`, KERNEL),
      kernel(`linux-headers-${flavour}`, 'base-files'),
      kernel(`linux-${flavour}`, `linux-image-${flavour}, linux-headers-${flavour}`),
    ]),
  ];
}

const KEYRING_PATHS = [
  'usr/share/keyrings/ubuntu-archive-keyring.gpg',
  'etc/apt/trusted.gpg.d/ubuntu-keyring-2018-archive.gpg',
];

/** A release of the stand-in. */
export interface UbuntuRelease {
  readonly codename: string;
  /** Such as `24.04`. */
  readonly version: string;
}

/** `base-files` of a release: what Debian's has, but another name. @param point such as `.1` for the first point release */
export function ubuntuBaseFiles({ codename, version }: UbuntuRelease, point: '' | '.1'): Respin {
  const title = `${codename.charAt(0).toUpperCase()}${codename.slice(1)}`;
  const name = `Ubuntu ${version}${point}`;
  const osRelease = {
    PRETTY_NAME: `"${name} LTS"`,
    NAME: '"Ubuntu"',
    VERSION_ID: `"${version}"`,
    VERSION: `"${version}${point} LTS (${title})"`,
    VERSION_CODENAME: codename,
    ID: 'ubuntu',
    ID_LIKE: 'debian',
    UBUNTU_CODENAME: codename,
  };
  const lsbRelease = {
    DISTRIB_ID: 'Ubuntu',
    DISTRIB_RELEASE: version,
    DISTRIB_CODENAME: codename,
    DISTRIB_DESCRIPTION: `"${name} LTS"`,
  };
  return {
    version: `13ubuntu10${point}`,
    files: {
      'usr/lib/os-release': settings(osRelease),
      'etc/lsb-release': settings(lsbRelease),
      'etc/issue': `${name} LTS \\n \\l\n\n`,
    },
  };
}

function settings(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
