import { run } from '../../src/host/process.ts';
import type { TestRpm } from './rpm-packages.ts';

/** Debian's packages whose files of this machine make the stand-in's programs run. */
const HOST_PACKAGES =
  'bash coreutils findutils grep sed tar gzip mawk mount util-linux util-linux-extra passwd login libpam-modules libpam-modules-bin libpam-runtime dnf rpm rpm-common zypper gpg gpgv gpgconf libc-bin python3-minimal';

/** Packages that matter to nobody here, though the programs depend on them, and files that no program needs. */
const NOT_TAKEN =
  /^(adduser|augeas-lenses|debconf|debugedit|dirmngr|dpkg|gnupg|gnupg-l10n|gnupg-utils|gpg-wks-.*|gpgsm|init-system-helpers|libmagic-mgc|pinentry-curses|perl.*|python3-lib2to3|usrmerge|usr-is-merged|media-types|sensible-utils|cdebconf|cpio|sqlite3|install-info|tzdata)$/;
const NOT_NEEDED =
  /^\/usr\/(share\/(doc|man|info|locale|lintian|bash-completion|zsh|bug|menu|doc-base)|lib\/(valgrind|systemd|tmpfiles.d)|lib\/x86_64-linux-gnu\/gconv)\/|\/__pycache__\/|^\/(etc|var)\/|\/os-release$/;

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
export function named(name: string): TestRpm {
  return { name, header: ['Requires: host-programs'] };
}

const PASSWD = [
  'root:x:0:0:root:/root:/bin/bash',
  'mail:x:8:12:mail:/var/spool/mail:/sbin/nologin',
  'nobody:x:65534:65534:nobody:/:/sbin/nologin',
];
const GROUP = ['root:x:0:', 'tty:x:5:', 'mail:x:12:', 'nobody:x:65534:'];

/** What every distribution's root begins with. Programs come from this machine; names, owners and scripts are like the real ones. */
export async function commonPackages(): Promise<readonly TestRpm[]> {
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
    {
      name: 'systemd',
      header: ['Requires: bash'],
      files: { 'usr/bin/systemctl': SYSTEMCTL },
    },
    ...NAMES.map(named),
  ];
}

/** Enables services as the real one does where their units say nothing else. */
const SYSTEMCTL = `exec:#!/bin/sh -e
[ "$1" = enable ] && shift
cd /etc/systemd/system && mkdir -p multi-user.target.wants
for unit; do ln -s "/usr/lib/systemd/system/$unit" multi-user.target.wants/; done
`;

const FOLDERS =
  'boot etc/sysconfig etc/systemd/system etc/rpm opt root run tmp usr/bin usr/sbin usr/lib/sysimage usr/lib64 usr/local/bin usr/share var/cache var/lib var/log var/spool/mail var/tmp'.split(
    ' ',
  );
const NAMES =
  'coreutils curl findutils gettext grep gzip kernel lsof passwd python3 sed tar tcpdump time traceroute util-linux which ca-certificates'.split(
    ' ',
  );

/** What the distributions of Red Hat's family have in common beyond that. */
export function redHatPackages(): readonly TestRpm[] {
  return [
    {
      name: 'dnf',
      header: ['Requires: rpm'],
      files: { 'etc/dnf/dnf.conf': '[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\n' },
      attributes: { 'etc/dnf/dnf.conf': '%config(noreplace)' },
    },
    { name: 'dkms', header: ['Requires: bash'], files: { 'usr/sbin/dkms': 'exec:#!/bin/sh\nexit 0\n' } },
    ...RED_HAT_NAMES.map(named),
  ];
}

const RED_HAT_NAMES =
  'NetworkManager audit device-mapper-multipath dhcp-client dnf-plugins-core dracut dracut-config-generic git-core glibc-langpack-en glibc-minimal-langpack grubby initscripts libaio libcurl linux-firmware man-pages policycoreutils-python-utils python3-libselinux python3-policycoreutils redhat-rpm-config rng-tools selinux-policy selinux-policy-targeted systemd-udev vim-minimal'.split(
    ' ',
  );
