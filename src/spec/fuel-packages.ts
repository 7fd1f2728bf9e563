/** Where a list of default packages comes from. */
export type PackagesSource = 'fuel-image 6.1' | 'Nailgun 11.0' | 'ingot';

export interface DefaultPackages {
  readonly source: PackagesSource;
  readonly packages: readonly string[];
}

/** Packages of a machine that people and programs log in to, whatever the release. */
const EVERYWHERE = [
  ...['acl', 'anacron', 'bash-completion', 'bridge-utils', 'build-essential', 'cloud-init', 'curl', 'debconf-utils'],
  ...['gdisk', 'grub-pc', 'linux-firmware', 'lvm2', 'mdadm', 'openssh-client', 'openssh-server', 'telnet'],
  ...['ubuntu-minimal', 'ubuntu-standard', 'uuid-runtime', 'vim', 'virt-what', 'vlan'],
] as const;

/** What the deployment of Fuel needs on a node; most of it comes from the repositories of Mirantis OpenStack. */
const FUEL_NODE = [
  ...['bsdmainutils', 'daemonize', 'mcollective', 'nailgun-agent', 'nailgun-mcagents', 'ntp', 'puppet', 'python-amqp'],
  ...['ruby-ipaddress', 'ruby-netaddr', 'ruby-openstack', 'ruby-stomp'],
] as const;

/** Libraries for Ruby under the names that they have since 14.04. */
const RUBY_LIBRARIES = ['ruby-augeas', 'ruby-json', 'ruby-shadow'] as const;

const RUBY_1_8_LIBRARIES = [...['libaugeas-ruby', 'libjson-ruby1.8', 'libshadow-ruby1.8', 'libstomp-ruby1.8']] as const;

/** The kernel of 14.04, which the machines of the day needed, with the firmware that was not free. */
const FUEL_6_1 = [
  ...['linux-firmware-nonfree', 'linux-headers-generic-lts-trusty', 'linux-image-generic-lts-trusty'],
  'nailgun-net-check',
] as const;

const FUEL_11_0 = [
  ...['hwloc', 'linux-headers-generic-lts-xenial', 'linux-image-generic-lts-xenial', 'multipath-tools'],
  ...['multipath-tools-boot', 'network-checker', 'ntpdate'],
] as const;

const GENERIC_KERNEL = ['linux-headers-generic', 'linux-image-generic'] as const;

/** Names that left the archive between 16.04 and 20.04 give way to those that do their work now. */
const BEFORE_22_04 = [...EVERYWHERE, ...GENERIC_KERNEL, 'bsdmainutils', 'chrony'] as const;
const SINCE_22_04 = [...EVERYWHERE, ...GENERIC_KERNEL, 'bsdextrautils', 'chrony'] as const;

/**
 * The packages of a target system where a request names none, by the codename of the release: those of the original where it built the
 * release, and their successors without the packages of Mirantis OpenStack where it did not.
 */
export const DEFAULT_PACKAGES: Readonly<Record<string, DefaultPackages>> = {
  precise: { source: 'fuel-image 6.1', packages: [...EVERYWHERE, ...FUEL_NODE, ...RUBY_1_8_LIBRARIES, ...FUEL_6_1] },
  trusty: { source: 'fuel-image 6.1', packages: [...EVERYWHERE, ...FUEL_NODE, ...RUBY_LIBRARIES, ...FUEL_6_1] },
  xenial: { source: 'Nailgun 11.0', packages: [...EVERYWHERE, ...FUEL_NODE, ...RUBY_LIBRARIES, ...FUEL_11_0] },
  bionic: { source: 'ingot', packages: BEFORE_22_04 },
  focal: { source: 'ingot', packages: BEFORE_22_04 },
  jammy: { source: 'ingot', packages: SINCE_22_04 },
  noble: { source: 'ingot', packages: SINCE_22_04 },
};

/** The default packages of a release in byte order; undefined where there are none for it. */
export function defaultPackagesOf(codename: string): readonly string[] | undefined {
  return Object.hasOwn(DEFAULT_PACKAGES, codename)
    ? [...(DEFAULT_PACKAGES[codename]?.packages ?? [])].sort()
    : undefined;
}
