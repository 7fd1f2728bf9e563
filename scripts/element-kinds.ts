import type { Element } from '../src/model/element.ts';

/** Kinds of elements, and what the names of theirs look like. The first that fits counts. */
const RULES = [
  [
    'Disks and boot loaders',
    /^(block-device|bootloader|vm$|baremetal|iso$|growroot|lvm|no-final-image|select-boot|cleanup-kernel|enable-serial|remove-serial|.*-efi$|grub)/,
  ],
  ['Ramdisks', /ramdisk|^dracut|^deploy|^hw|^ramdisk|kernel-initrd/],
  ['Cloud and network', /^cloud-init|^simple-init|^dhcp|interface|^iscsi|network|^nm-|^proxy|^hosts|resolv/],
  ['Users, logins and security', /ssh|devuser|login|fail2ban|selinux|^fips|autoupdates|password|journal-to-console/],
  ['Hardware and kernel', /^dkms|nouveau|mellanox|modprobe|sysctl|firmware|kernel|^ibft|nvidia/],
  [
    'Packages and sources',
    /^apt|^yum|^zypper|^dnf|^dpkg|^debootstrap|^rpm|^redhat|^epel|^pkg-map|^package-installs|^pip|^pypi|python|^source-repositories|^cache-url|venv|mirrors|^portage|common$|^containerfile$|^cargo|^npm/,
  ],
  [
    'For authors of elements',
    /^install-|^svc-map|^dib-|^element-manifest|^manifests|^sysprep|^posix|^base$|^local-config/,
  ],
] as const satisfies readonly (readonly [string, RegExp])[];

const SYSTEMS = 'Operating systems';
/** Elements beside one that makes the system, named after it. */
const SYSTEM_NAME =
  /^(almalinux|centos|debian|fedora|gentoo|openeuler|opensuse|rhel|rocky|ubuntu)(-[a-z]+)*(?<!-kernel)$/;
const OTHERS = 'Others';

/** Every kind, in the order of the page. */
export const KINDS: readonly string[] = [SYSTEMS, ...RULES.map(([kind]) => kind), OTHERS];

/** The kind of an element: that of an operating system by what it provides, any other by its name. */
export function kindOf({ name, provides }: Pick<Element, 'name' | 'provides'>): string {
  if (provides.includes('operating-system') || SYSTEM_NAME.test(name)) return SYSTEMS;
  return RULES.find(([, pattern]) => pattern.test(name))?.[0] ?? OTHERS;
}
