/** Packages of a machine that people and programs log in to, whatever the release. */
const EVERYWHERE = [
  ...['acl', 'anacron', 'bash-completion', 'bridge-utils', 'build-essential', 'cloud-init', 'curl', 'debconf-utils'],
  ...['gdisk', 'grub-pc', 'linux-firmware', 'lvm2', 'mdadm', 'openssh-client', 'openssh-server', 'telnet'],
  ...['ubuntu-minimal', 'ubuntu-standard', 'uuid-runtime', 'vim', 'virt-what', 'vlan'],
] as const;

/** What the deployment of Fuel needs on a node; most of it comes from the repositories of Mirantis OpenStack. */
const FUEL_NODE = [
  ...['bsdmainutils', 'daemonize', 'mcollective', 'nailgun-agent', 'nailgun-mcagents', 'nailgun-net-check', 'ntp'],
  ...['puppet', 'python-amqp', 'ruby-augeas', 'ruby-ipaddress', 'ruby-json', 'ruby-netaddr', 'ruby-openstack'],
  ...['ruby-shadow', 'ruby-stomp'],
] as const;

const GENERIC_KERNEL = ['linux-headers-generic', 'linux-image-generic'] as const;

/** The kernel of the next long-term release, which newer machines need. */
const NEWER_KERNEL = [
  ...['linux-firmware-nonfree', 'linux-headers-generic-lts-trusty', 'linux-image-generic-lts-trusty'],
] as const;

/** Names that left the archive between 16.04 and 20.04 give way to those that do their work now. */
const PRESENT = [...EVERYWHERE, ...GENERIC_KERNEL, 'bsdextrautils', 'chrony'] as const;

/** The packages of a target system where a request names none, by the codename of the release. */
export const DEFAULT_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  precise: [...EVERYWHERE, ...FUEL_NODE, ...NEWER_KERNEL],
  trusty: [...EVERYWHERE, ...FUEL_NODE, ...NEWER_KERNEL],
  xenial: [
    ...EVERYWHERE,
    ...GENERIC_KERNEL,
    ...FUEL_NODE.filter((name) => name !== 'nailgun-net-check'),
    'network-checker',
  ],
  bionic: [...EVERYWHERE, ...GENERIC_KERNEL, 'bsdmainutils', 'chrony'],
  focal: [...EVERYWHERE, ...GENERIC_KERNEL, 'bsdmainutils', 'chrony'],
  jammy: PRESENT,
  noble: PRESENT,
};

/** The default packages of a release in byte order; undefined where there are none for it. */
export function defaultPackagesOf(codename: string): readonly string[] | undefined {
  return Object.hasOwn(DEFAULT_PACKAGES, codename) ? [...(DEFAULT_PACKAGES[codename] ?? [])].sort() : undefined;
}
