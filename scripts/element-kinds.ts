import type { Element } from '../src/model/element.ts';

/** Kinds of elements, and what the names of theirs look like. The first that fits counts. */
const RULES = [
  [
    'Disks and boot loaders',
    /^(baremetal|block-device.*|bootloader.*|cleanup-kernel-initrd|enable-serial-console|grow.*|grub2|iso|lvm|no-final-image|remove-serial-console|replace-partition.*|select-boot-kernel-initrd|uboot|vm|zipl)$/,
  ],
  ['Ramdisks', /ramdisk|^(deploy|dracut|hw|ilo$)/],
  ['Cloud and network', /interface|^(cloud-init|iscsi-boot|python-brickclient|simple-init)/],
  ['Users, logins and security', /login|selinux|ssh|^(autoupdates|devuser|fail2ban|fips|keylime|tpm)/],
  ['Hardware and kernel', /kernel|^(disable-nouveau|dkms|journal-to-console|mellanox|modprobe|sysctl)/],
  [
    'Packages and sources',
    /^(apt|dnf|yum|zypper)|^(cache-url|debootstrap|dpkg|elrepo|ensure-venv|epel|openstack-ci-mirrors|package-installs|pip.*|pkg-map|pypi|python-stow-versions|redhat-common|rpm-distro|source-repositories)$/,
  ],
  [
    'For authors of elements',
    /^(base|dib-.*|element-manifest|install-.*|local-config|manifests|posix|svc-map|sysprep)$/,
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
