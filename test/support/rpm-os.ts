import { run } from '../../src/host/process.ts';
import type { TestRpm } from './rpm-packages.ts';

/** Debian's packages whose files of this machine make the stand-in's programs run. */
const HOST_PACKAGES =
  'bash coreutils findutils grep sed tar gzip mawk mount util-linux util-linux-extra passwd login libpam-modules libpam-modules-bin libpam-runtime dnf rpm rpm-common zypper gpg gpgv gpgconf libc-bin python3-minimal';

/** Packages that matter to nobody here, though the programs depend on them, and files that no program needs. */
const NOT_TAKEN =
  /^(adduser|augeas-lenses|debconf|debugedit|dirmngr|dpkg|gnupg|gnupg-l10n|gnupg-utils|gpg-wks-.*|gpgsm|init-system-helpers|libmagic-mgc|pinentry-curses|perl.*|python3-lib2to3|usrmerge|usr-is-merged|media-types|sensible-utils|cdebconf|cpio|sqlite3|install-info|tzdata)$/;
const NOT_NEEDED =
  /^\/usr\/(share\/(doc|man|info|locale|lintian|bash-completion|zsh|bug|menu|doc-base)|lib\/(valgrind|systemd|tmpfiles.d)|lib\/x86_64-linux-gnu\/gconv)\/|\/__pycache__\/|^\/(etc|var)\//;

/** Files of this machine with bash, the usual small programs, rpm, dnf, zypper, and all that they need. */
async function hostFiles(): Promise<readonly string[]> {
  const depends = ['depends', '--recurse', '--installed', '--important', ...HOST_PACKAGES.split(' ')];
  const { stdout } = await run('apt-cache', depends);
  const names = [...new Set([...stdout.matchAll(/^([a-z0-9][\w.+-]*)(?::\w+)?$/gm)].map(([, name = '']) => name))];
  const taken = names.filter((name) => !NOT_TAKEN.test(name));
  const { stdout: paths } = await run('dpkg-query', ['--listfiles', ...taken], { okStatuses: [0, 1] });
  const inUsr = paths.split('\n').map((path) => path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/'));
  const wanted = [...new Set(inUsr)].filter((path) => path.startsWith('/') && !NOT_NEEDED.test(path)).sort();
  const { stdout: kept } = await run('find', ['-files0-from', '-', '-maxdepth', '0', '!', '-type', 'd'], {
    input: wanted.join('\0'),
    okStatuses: [0, 1],
  });
  return kept.trim().split('\n');
}

/** A package of that name with nothing in it. */
function named(name: string): TestRpm {
  return { name, header: ['Requires: host-programs'] };
}

const PASSWD = [
  'root:x:0:0:root:/root:/bin/bash',
  'mail:x:8:12:mail:/var/spool/mail:/sbin/nologin',
  'nobody:x:65534:65534:nobody:/:/sbin/nologin',
];
const GROUP = ['root:x:0:', 'tty:x:5:', 'mail:x:12:', 'nobody:x:65534:'];

/** What every distribution's root begins with. Programs come from this machine; names, owners and scripts are like the real ones. */
async function commonPackages(): Promise<readonly TestRpm[]> {
  return [
    {
      name: 'filesystem',
      files: {
        ...Object.fromEntries(FOLDERS.map((path) => [`${path}/`, ''])),
        ...Object.fromEntries(['bin', 'sbin', 'lib', 'lib64'].map((name) => [name, `link:usr/${name}`])),
        'var/run': 'link:../run',
      },
      attributes: {
        'root/': '%attr(0550,root,root)',
        'tmp/': '%attr(1777,root,root)',
        'var/tmp/': '%attr(1777,root,root)',
        'var/spool/mail/': '%attr(0775,root,mail)',
      },
    },
    {
      name: 'setup',
      header: ['Requires: filesystem'],
      files: {
        'etc/passwd': `${PASSWD.join('\n')}\n`,
        'etc/group': `${GROUP.join('\n')}\n`,
        'etc/shadow': 'root:*:::::::\n',
        'etc/gshadow': 'root:::\n',
        'etc/login.defs': 'USERGROUPS_ENAB no\nSYS_UID_MIN 1\n',
        'etc/nsswitch.conf': 'passwd: files\ngroup: files\n',
      },
      attributes: {
        'etc/passwd': '%config(noreplace)',
        'etc/group': '%config(noreplace)',
        'etc/shadow': '%attr(0000,root,root) %config(noreplace)',
        'etc/gshadow': '%attr(0000,root,root) %config(noreplace)',
        'etc/login.defs': '%config(noreplace)',
      },
    },
    { name: 'basesystem', header: ['Requires: setup', 'Requires: filesystem'] },
    { name: 'host-programs', header: ['Requires(pre): filesystem'], hostFiles: await hostFiles() },
    {
      name: 'bash',
      header: ['Requires(pre): host-programs', 'Provides: /bin/sh'],
      files: { 'usr/bin/sh': 'link:bash', 'usr/bin/awk': 'link:mawk' },
    },
    {
      name: 'rpm',
      header: ['Requires: host-programs', 'Requires: bash'],
      files: { 'etc/rpm/macros.stand-in': '%_dbpath /usr/lib/sysimage/rpm\n' },
    },
    {
      name: 'sudo',
      header: ['Requires: bash'],
      files: {
        'etc/sudoers': 'Defaults secure_path="/usr/sbin:/usr/bin"\nDefaults requiretty\nroot ALL=(ALL) ALL\n',
        'usr/sbin/visudo': 'exec:#!/bin/sh\nexit 0\n', // this machine may have no sudo
      },
      attributes: { 'etc/sudoers': '%attr(0440,root,root) %config(noreplace)' },
    },
    {
      name: 'postfix',
      header: ['Requires(pre): bash'],
      scripts: {
        pre: 'groupadd -g 89 postfix\nuseradd -u 89 -g postfix -d /var/spool/postfix -s /sbin/nologin postfix',
      },
      files: { 'etc/postfix/main.cf': 'queue_directory = /var/spool/postfix\n', 'var/spool/postfix/': '' },
      attributes: {
        'etc/postfix/main.cf': '%attr(0640,root,postfix) %config(noreplace)',
        'var/spool/postfix/': '%attr(0750,postfix,root)',
      },
    },
    ...NAMES.map(named),
  ];
}

const FOLDERS =
  'boot etc/sysconfig etc/rpm opt root run tmp usr/bin usr/sbin usr/lib/sysimage usr/lib64 usr/local/bin usr/share var/cache var/lib var/log var/spool/mail var/tmp'.split(
    ' ',
  );
const NAMES =
  'coreutils curl findutils gettext grep gzip kernel lsof passwd python3 sed systemd tar tcpdump time traceroute util-linux which ca-certificates'.split(
    ' ',
  );

/** What `centos-minimal` asks CentOS Stream 9 for. @param baseUrl where the image's own repository files say that packages are */
export async function centosPackages(baseUrl: string, publicKey: string): Promise<readonly TestRpm[]> {
  const release = { 'etc/os-release': 'link:../usr/lib/os-release', 'etc/redhat-release': 'CentOS Stream release 9\n' };
  const repository = (name: string, folder: string) =>
    `[${name}]\nname=${name}\nbaseurl=${baseUrl}/$stream/${folder}/$basearch/os\ngpgcheck=1\ngpgkey=file:///${CENTOS_KEY}\nenabled=1\n`;
  return [
    ...(await commonPackages()),
    {
      name: 'centos-stream-release',
      header: ['Requires: filesystem', 'Provides: system-release = 9', 'Provides: system-release(releasever) = 9'],
      files: {
        ...release,
        'usr/lib/os-release': 'NAME="CentOS Stream"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="9"\n',
        'etc/dnf/vars/stream': '9-stream\n',
      },
    },
    {
      name: 'centos-stream-repos',
      header: ['Requires: filesystem'],
      files: {
        'etc/yum.repos.d/centos.repo': repository('baseos', 'BaseOS') + repository('appstream', 'AppStream'),
      },
      attributes: { 'etc/yum.repos.d/centos.repo': '%config(noreplace)' },
    },
    { name: 'centos-gpg-keys', header: ['Requires: filesystem'], files: { [CENTOS_KEY]: publicKey } },
    {
      name: 'dnf',
      header: ['Requires: rpm'],
      files: { 'etc/dnf/dnf.conf': '[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\n' },
      attributes: { 'etc/dnf/dnf.conf': '%config(noreplace)' },
    },
    { name: 'util-linux-ng', header: ['Provides: util-linux-core'] },
    ...CENTOS_NAMES.map(named),
  ];
}

const CENTOS_KEY = 'etc/pki/rpm-gpg/RPM-GPG-KEY-centosofficial';
const CENTOS_NAMES =
  'NetworkManager audit dhcp-client dnf-plugins-core dracut dracut-config-generic ed glibc-langpack-en glibc-minimal-langpack grubby hostname initscripts libcurl man-pages patch policycoreutils-python-utils python3-libselinux python3-policycoreutils python3-pyyaml redhat-rpm-config rng-tools selinux-policy selinux-policy-targeted systemd-udev linux-firmware libaio'.split(
    ' ',
  );

/** What `opensuse-minimal` asks openSUSE Leap 15 for. */
export async function opensusePackages(): Promise<readonly TestRpm[]> {
  return [
    ...(await commonPackages()),
    {
      name: 'openSUSE-release',
      header: ['Requires: filesystem', 'Provides: distribution-release'],
      files: {
        'etc/os-release': 'link:../usr/lib/os-release',
        'usr/lib/os-release': 'NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n',
        'etc/sysconfig/language': 'RC_LANG=""\n',
      },
    },
    { name: 'patterns-openSUSE-base', header: ['Requires: setup', 'Requires: openSUSE-release', 'Requires: rpm'] },
    {
      name: 'zypper',
      header: ['Requires: rpm', 'Requires: distribution-release'],
      files: { 'etc/zypp/zypp.conf': '[main]\n', 'etc/zypp/repos.d/': '' },
      attributes: { 'etc/zypp/zypp.conf': '%config(noreplace)' },
    },
    {
      name: 'dracut',
      files: { 'usr/bin/mkinitrd': 'exec:#!/bin/sh\necho "mkinitrd $*" >/boot/initrd\n' },
    },
    { name: 'kernel-default', header: ['Requires: dracut'] },
    ...OPENSUSE_NAMES.map(named),
  ];
}

const OPENSUSE_NAMES = 'xz ca-certificates-mozilla glibc-locale lsb-release openssl man-pages'.split(' ');
