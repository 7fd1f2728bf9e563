/**
 * What a place of a built tree has to have: the text of a file, `-> TARGET` for a link, `folder` or `absent`. A place is a path in the tree,
 * `beside:EXTENSION` for a file beside the image, or `ramdisk:PATH` for one in a ramdisk.
 */
export type Fact = readonly [place: string, expected: RegExp];

/** Builds that many elements share: one of Debian, and some of the fake operating system with stand-ins for programs. */
export type BatchName = 'server' | 'fake-debian' | 'fake-centos' | 'fake-ramdisk';

/**
 * An element is built in a batch that looks at what it did, or by a test that has its name, or what asks for it, in its text and looks
 * closer.
 */
export type Coverage =
  | { readonly batch: BatchName; readonly facts: readonly Fact[] }
  | { readonly test: string; readonly by?: string };

/** Stand-ins for programs note here what they were told. */
export const CALLS = 'etc/calls';

const WANTED = 'etc/systemd/system/multi-user.target.wants';
const IMAGES = 'test/support/image-build.ts';
const CONTAINERS = 'test/library/containers.test.ts';
const OTHER_ROOTS = 'test/library/other-roots.test.ts';
const RPM = 'test/library/rpm.test.ts';
const RPM_IMAGES = 'test/library/rpm-images.test.ts';
const UBUNTU = 'test/image/ubuntu.test.ts';
const RAMDISKS = 'test/image/ramdisk.test.ts';

function installed(name: string): Fact {
  return ['var/lib/dpkg/status', new RegExp(`^Package: ${name}\nStatus: install ok installed$`, 'm')];
}

function built(batch: BatchName, ...facts: readonly Fact[]): Coverage {
  return { batch, facts };
}

/** Every bundled element, and where it is built. */
export const ELEMENT_COVERAGE: Readonly<Record<string, Coverage>> = {
  'apt-conf': built('fake-debian', ['etc/apt/apt.conf', /^Acquire::Retries "5";$/m]),
  'apt-preferences': built('fake-debian', [
    'etc/apt/preferences',
    /^Package: bash\nPin: version 5\.2\nPin-Priority: 1001$/m,
  ]),
  'apt-proxy': built('fake-debian', [
    'etc/apt/apt.conf.d/90-dib-apt-proxy',
    /^Acquire::http::Proxy "http:\/\/proxy\.example:3142";$/m,
  ]),
  'apt-sources': built('fake-debian', [
    'etc/apt/sources.list',
    /^deb http:\/\/mirror\.example\/debian bookworm main$/m,
  ]),
  autoupdates: built(
    'server',
    installed('unattended-upgrades'),
    [`${WANTED}/unattended-upgrades.service`, /^-> /],
    ['etc/apt/apt.conf.d/50unattended-upgrades', /^\/\/ mine$/m],
  ),
  baremetal: built('server', ['beside:vmlinuz', /^MZ/], ['beside:initrd', /^\x28\xb5\x2f\xfd/]),
  base: built('server', ['etc/iscsi/initiatorname.iscsi', /^GenerateName=yes$/m]),
  'block-device-efi': { test: IMAGES },
  'block-device-efi-4k': { test: 'test/image/firmware.test.ts' },
  'block-device-efi-lvm': { test: 'test/image/firmware.test.ts' },
  'block-device-gpt': { test: IMAGES },
  'block-device-mbr': built('server', ['etc/fstab', /^LABEL=cloudimg-rootfs\s+\/\s+ext4\s/m]),
  bootloader: built('server', ['boot/grub/grub.cfg', /^menuentry /m]),
  'bootloader-packages': built('server', installed('grub-pc-bin')),
  'cache-url': built('server', ['usr/local/bin/cache-url', /^#!/]),
  'cleanup-kernel-initrd': built(
    'fake-debian',
    ['boot/vmlinuz-5.10.0-9', /^kernel 5\.10/],
    ['boot/vmlinuz-5.9.0-1', /^absent$/m],
  ),
  'cloud-init': built('server', installed('cloud-init')),
  'cloud-init-datasources': built('server', [
    'etc/cloud/cloud.cfg.d/91-dib-cloud-init-datasources.cfg',
    /^datasource_list: \[ .*None \]$/m,
  ]),
  'cloud-init-disable-resizefs': built('server', [
    'etc/cloud/cloud.cfg',
    /^(?=.*^cloud_final_modules:$)(?!.*^ *- (growpart|resizefs)$)/ms,
  ]),
  'cloud-init-growpart': built('server', installed('cloud-guest-utils'), [
    'etc/cloud/cloud.cfg.d/55-growpart.cfg',
    /^ {4}devices: \[\/\]$/m,
  ]),
  'cloud-init-nocloud': built(
    'server',
    ['var/lib/cloud/seed/nocloud/user-data', /^$/],
    ['var/lib/cloud/seed/nocloud/meta-data', /^$/],
  ),
  debian: built('server', installed('cloud-initramfs-growroot'), installed('netplan.io')),
  'debian-kernel': built('server', installed('linux-image-cloud-amd64')),
  'debian-systemd': built('server', ['etc/checks/init', /^systemd-sysv$/m]),
  debootstrap: built('server', ['etc/apt/apt.conf.d/01autoremove', /^APT$/m]),
  'debian-minimal': built('server', ['etc/debian_version', /^12\./]),
  deploy: built('fake-ramdisk', ['ramdisk:init', /^echo "request boot server to deploy image"$/m]),
  'deploy-baremetal': built('fake-ramdisk', [
    'ramdisk:init',
    /start_iscsi_target "\$ISCSI_TARGET_IQN" "\$target_disk" ALL/,
  ]),
  'deploy-kexec': built('fake-ramdisk', ['ramdisk:bin/kexec', /^#!/], ['ramdisk:init', /^kexec -l \/kexec-kernel/m]),
  'deploy-targetcli': built('fake-ramdisk', ['ramdisk:iscsi-func', /^_target=\/sys\/kernel\/config\/target$/m]),
  'deploy-tgtadm': built('fake-ramdisk', ['ramdisk:bin/tgtd', /^#!/]),
  devuser: built('server', ['etc/passwd', /^ada:/m]),
  'dhcp-all-interfaces': built('server', ['etc/udev/rules.d/99-dhcp-all-interfaces.rules', /dhcp-interface@/]),
  'dib-init-system': built('server', ['usr/local/bin/dib-init-system', /^echo systemd$/m]),
  'dib-python': built('server', ['etc/checks/python', /^python$/m], ['usr/local/bin/dib-python', /^absent$/m]),
  'dib-run-parts': built('server', ['usr/local/bin/dib-run-parts', /^#!/]),
  'disable-nouveau': built('server', ['etc/modprobe.d/disable-nouveau.conf', /^blacklist nouveau$/m]),
  'disable-selinux': built('fake-centos', ['etc/selinux/config', /^SELINUX=disabled$/m]),
  dkms: built('fake-debian', [CALLS, /^dkms install own\/1\.0 -k 5\.9\.0-1$/m]),
  docker: { test: OTHER_ROOTS },
  dpkg: built('server', ['etc/dib-manifests/dib-manifest-dpkg-elements', /"package": "dpkg"/]),
  // Does nothing, for those who still name it.
  'dracut-network': built('server', ['etc/dib-manifests/dib-element-manifest', /^dracut-network$/m]),
  'dracut-ramdisk': { test: RAMDISKS },
  'dracut-regenerate': built('fake-debian', [
    CALLS,
    /^dracut --force --reproducible --add crypt lvm \/boot\/initrd\.img-\S+ 5\.10\.0-9$/m,
  ]),
  'dynamic-login': built('server', [`${WANTED}/dynamic-login.service`, /^-> /], ['usr/local/bin/dynamic-login', /^#!/]),
  'element-manifest': built('server', ['etc/dib-manifests/dib-element-manifest', /^element-manifest$/m]),
  elrepo: built('fake-centos', [
    CALLS,
    /^dnf install -y elrepo-release$[\s\S]*^dnf config-manager --set-enabled elrepo-kernel$/m,
  ]),
  'enable-serial-console': built('server', ['etc/udev/rules.d/99-serial-console.rules', /serial-getty@/]),
  'ensure-venv': built('server', installed('python3-venv')),
  epel: built('fake-centos', [CALLS, /^dnf install -y epel-release$/m]),
  fail2ban: built(
    'server',
    [`${WANTED}/fail2ban.service`, /^-> /],
    ['etc/checks/fail2ban', /OK: configuration test is successful/],
  ),
  fips: built('fake-centos', [
    CALLS,
    /^install-packages -m fips crypto-policies crypto-policies-scripts\nfips-mode-setup --enable$/m,
  ]),
  growroot: built('server', [`${WANTED}/growroot.service`, /^-> /], ['usr/local/sbin/growroot', /resize2fs/]),
  growvols: built(
    'server',
    ['etc/default/growvols', /^GROWVOLS_ARGS="\/=100%"$/m],
    [`${WANTED}/growvols.service`, /^-> /],
  ),
  grub2: { test: RAMDISKS },
  hwburnin: built('fake-ramdisk', ['ramdisk:bin/memtester', /^#!/], ['ramdisk:init', /^echo "Starting HW Burnin"$/m]),
  hwdiscovery: { test: RAMDISKS },
  'ibft-interfaces': built('server', [`${WANTED}/init-ibft-interfaces.service`, /^-> /]),
  ilo: built('fake-ramdisk', ['ramdisk:ilo/one.scexe/flash_ilo4', /^firmware$/m], ['ramdisk:init', /flash_ilo\[34\]/]),
  'install-bin': built('server', ['usr/local/bin/checks-tool', /^#!/]),
  'install-static': built('server', ['etc/checks/static', /^static$/m]),
  'install-types': built('server', ['etc/checks/type', /^package$/m]),
  'iscsi-boot': built('server', installed('open-iscsi'), ['etc/iscsi/iscsi.initramfs', /^ISCSI_AUTO=true$/m]),
  iso: { test: RAMDISKS },
  'journal-to-console': built('server', [
    'etc/systemd/journald.conf.d/log-to-console.conf',
    /^ForwardToConsole=true$/m,
  ]),
  'local-config': built(
    'server',
    ['etc/apt/apt.conf.d/02-no-proxy', /DIRECT/],
    ['root/.ssh/authorized_keys', /^ssh-ed25519 /],
  ),
  'keylime-agent': built(
    'fake-debian',
    ['etc/keylime.conf', /^registrar_ip = 192\.0\.2\.7$/m],
    ['etc/ima/ima-policy', /^measure func=BPRM_CHECK$/m],
    [CALLS, /^pip install --requirement \/tmp\/keylime\/requirements\.txt \/tmp\/keylime$/m],
  ),
  lvm: built('server', installed('lvm2')),
  manifests: built('server', ['etc/dib-manifests/dib_arguments', /manifests/]),
  mellanox: built(
    'fake-debian',
    [CALLS, /^install-packages .*\brdma-core rdmacm-utils\b/m],
    ['etc/modules-load.d/mellanox.conf', /^mlx5_ib$/m],
  ),
  modprobe: built('server', ['etc/modprobe.d/blacklist.conf', /^blacklist pcspkr$/m]),
  'modprobe-blacklist': built('server', ['etc/modprobe.d/blacklist.conf', /^blacklist pcspkr$/m]),
  'nm-dhcp-ib-interfaces': built('fake-centos', [
    'etc/NetworkManager/system-connections/infiniband.nmconnection',
    /^type=infiniband$/m,
  ]),
  'no-final-image': built('fake-debian', ['beside:tar', /^\.\/.*ustar/], ['beside:qcow2', /^absent$/m]),
  'openssh-server': built('server', installed('openssh-server'), [`${WANTED}/ssh.service`, /^-> /]),
  'openstack-ci-mirrors': built('fake-debian', ['etc/mirror', /^http:\/\/mirror\.example\/debian$/m]),
  'package-installs': built('server', installed('hello')),
  'pip-and-virtualenv': built('server', installed('python3-pip'), installed('python3-virtualenv')),
  'pip-cache': built('server', ['etc/checks/pip-cache', /^\/tmp\/pip \/tmp\/pip$/m]),
  'pkg-map': built('server', ['usr/share/pkg-map/checks', /"greeting": "hello"/]),
  posix: built('fake-debian', [CALLS, /^install-packages .*\bncompress\b/m]),
  pypi: built(
    'server',
    ['etc/checks/pip.conf', /^index-url = file:\/\/\/tmp\/pypi$/m],
    ['root/.pip/pip.conf', /^absent$/m],
    ['usr/glean/bin/glean', /^#!/],
  ),
  'python-brickclient': built('fake-debian', [CALLS, /^pip install python-brick-cinderclient-ext$/m]),
  'python-stow-versions': built('fake-debian', [CALLS, /^python-build 3\.9\.10 \/usr\/local\/stow\/python-3\.9\.10$/m]),
  ramdisk: { test: RAMDISKS },
  'ramdisk-base': built('fake-ramdisk', ['ramdisk:init-func', /^function troubleshoot/m]),
  'remove-serial-console': built('server', ['boot/grub/grub.cfg', /^(?=.*menuentry )(?!.*console=ttyS)/s]),
  'replace-partition': { test: OTHER_ROOTS },
  'replace-partition-redhat': { test: OTHER_ROOTS },
  'rpm-distro': built(
    'fake-centos',
    ['etc/dnf/vars/basearch', /^x86_64$/m],
    ['etc/sysconfig/network', /^NOZEROCONF=yes$/m],
  ),
  'runtime-ssh-host-keys': built(
    'server',
    [`${WANTED}/ssh-keygen.service`, /^-> /],
    ['etc/ssh/ssh_host_ed25519_key', /^absent$/m],
  ),
  'select-boot-kernel-initrd': built('fake-debian', ['usr/local/bin/select-boot-kernel-initrd', /^#!/]),
  'selinux-fixfiles-restore': built('fake-centos', [CALLS, /^setfiles -F -m /m]),
  'selinux-permissive': built('server', ['etc/selinux/config', /^SELINUX=permissive$/m]),
  'simple-init': built('server', ['etc/modules', /^8021q$/m], ['var/lib/glean-calls', /^glean-install/]),
  'source-repositories': built('server', ['etc/checks/source', /^source$/m]),
  'stable-interface-names': built('server', ['etc/systemd/network/99-default.link', /^absent$/m]),
  'svc-map': built('server', ['usr/share/svc-map/services', /^checks: checks-on-debian$/m]),
  sysctl: built('server', ['etc/sysctl.d/net.ipv4.ip_forward.conf', /^net\.ipv4\.ip_forward = 1$/m]),
  sysprep: built('server', ['etc/machine-id', /^$/m], ['usr/local/bin/extract-image', /^#!/]),
  'tpm-emulator': built(
    'fake-debian',
    [CALLS, /^make -C \/tmp\/ibmtpm\/src$/m],
    [CALLS, /^systemctl enable tpm_server\.service tpm2-abrmd\.service keylime-ima-emulator\.service$/m],
  ),
  uboot: built('fake-ramdisk', ['beside:kernel', /^mkimage -A arm -O linux -T kernel /]),
  vm: built('server', ['boot/grub/grub.cfg', /root=LABEL=cloudimg-rootfs/]),
  zipl: built(
    'fake-debian',
    [CALLS, /^zipl -V$/m],
    ['etc/zipl.conf', /^parameters = "root=LABEL=\S+ LANG=en_US\.UTF-8 /m],
  ),
  centos: { test: RPM_IMAGES },
  containerfile: { test: CONTAINERS },
  fedora: { test: RPM_IMAGES },
  gentoo: { test: 'test/library/gentoo.test.ts' },
  opensuse: { test: RPM_IMAGES },
  rhel: { test: RPM_IMAGES },
  'almalinux-container': { test: CONTAINERS },
  'fedora-container': { test: CONTAINERS },
  'rocky-container': { test: CONTAINERS },
  ubuntu: { test: UBUNTU },
  'ubuntu-signed': { test: UBUNTU },
  'ubuntu-common': { test: UBUNTU },
  'ubuntu-kernel': { test: UBUNTU },
  'ubuntu-minimal': { test: UBUNTU },
  'ubuntu-systemd-container': { test: UBUNTU },
  'fuel-target': { test: 'test/image/fuel-jobs.test.ts', by: 'submit' },
  'centos-minimal': { test: RPM },
  'fedora-minimal': { test: RPM },
  'openeuler-minimal': { test: RPM },
  'opensuse-minimal': { test: RPM },
  'redhat-common': { test: RPM },
  'rhel-common': { test: RPM_IMAGES },
  yum: { test: RPM },
  'yum-minimal': { test: RPM },
  zypper: { test: RPM },
  'zypper-minimal': { test: RPM },
};
