import { named } from './rpm-os.ts';
import type { FileTexts } from './folder-tree.ts';
import type { TestRpm } from './rpm-packages.ts';

/** Where the packages of a stand-in come from, as its own repository files and keys say. */
export interface StandInSource {
  /** Address of the server with all repositories. */
  readonly baseUrl: string;
  /** Armoured key that packages are signed with. */
  readonly publicKey: string;
}

/** The packages that CentOS Stream 9 has and others of Red Hat's family have not. */
export function centosPackages({ baseUrl, publicKey }: StandInSource): readonly TestRpm[] {
  const key = 'etc/pki/rpm-gpg/RPM-GPG-KEY-centosofficial';
  return [
    {
      name: 'centos-stream-release',
      header: ['Requires: filesystem', 'Provides: system-release = 9', 'Provides: system-release(releasever) = 9'],
      files: {
        ...release('NAME="CentOS Stream"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="9"\n'),
        'etc/redhat-release': 'CentOS Stream release 9\n',
        'etc/dnf/vars/stream': '9-stream\n',
      },
    },
    repositories('centos-stream-repos', 'etc/yum.repos.d/centos.repo', key, {
      baseos: `${baseUrl}/$stream/BaseOS/$basearch/os`,
      appstream: `${baseUrl}/$stream/AppStream/$basearch/os`,
    }),
    { name: 'centos-gpg-keys', header: ['Requires: filesystem'], files: { [key]: publicKey } },
    { name: 'util-linux-ng', header: ['Provides: util-linux-core'] },
    ...'ed hostname patch'.split(' ').map(named),
  ];
}

/** The packages that Fedora 43 has and others of Red Hat's family have not. */
export function fedoraPackages({ baseUrl, publicKey }: StandInSource): readonly TestRpm[] {
  const key = 'etc/pki/rpm-gpg/RPM-GPG-KEY-fedora-43-x86_64';
  return [
    {
      name: 'fedora-release-common',
      header: ['Requires: filesystem', 'Provides: system-release = 43', 'Provides: system-release(releasever) = 43'],
      files: {
        ...release('NAME="Fedora Linux"\nID=fedora\nVERSION_ID=43\nVARIANT_ID=cloud\n'),
        'etc/redhat-release': 'Fedora release 43\n',
      },
    },
    { name: 'fedora-release-cloud', header: ['Requires: fedora-release-common'] },
    repositories('fedora-repos', 'etc/yum.repos.d/fedora.repo', key, {
      fedora: `${baseUrl}/releases/$releasever/Everything/$basearch/os`,
      updates: `${baseUrl}/updates/$releasever/Everything/$basearch`,
    }),
    { name: 'fedora-gpg-keys', header: ['Requires: filesystem'], files: { [key]: publicKey } },
    ...'kernel-modules openssl pyOpenSSL redhat-lsb-core'.split(' ').map(named),
  ];
}

/** The packages that openEuler 22.03-LTS has and others of Red Hat's family have not. */
export function openeulerPackages({ publicKey }: StandInSource): readonly TestRpm[] {
  const key = 'etc/pki/rpm-gpg/RPM-GPG-KEY-openEuler';
  return [
    {
      name: 'openEuler-release',
      header: [
        'Requires: filesystem',
        'Provides: system-release = 22.03',
        'Provides: system-release(releasever) = 22.03',
      ],
      files: {
        ...release('NAME="openEuler"\nID="openEuler"\nVERSION_ID="22.03"\n'),
        'etc/openEuler-release': 'openEuler release 22.03 LTS\n',
      },
    },
    repositories('openEuler-repos', 'etc/yum.repos.d/openEuler.repo', key, {
      OS: 'http://repo.openeuler.org/openEuler-22.03-LTS/OS/$basearch/',
      update: 'http://repo.openeuler.org/openEuler-22.03-LTS/update/$basearch/',
    }),
    { name: 'openEuler-gpg-keys', header: ['Requires: filesystem'], files: { [key]: publicKey } },
    {
      name: 'cloud-init',
      files: { 'etc/cloud/cloud.cfg': 'users: []\n', 'usr/lib/systemd/system/cloud-init.service': '[Unit]\n' },
    },
    { name: 'openssh-server', files: { 'etc/ssh/sshd_config': 'Port 22\n' } },
    // Its last words are the folder that it copies and the one that it copies into.
    { name: 'rsync', files: { 'usr/bin/rsync': 'exec:#!/bin/bash\ncp -r "${@: -2:1}." "${!#}"\n' } },
    ...'cloud-utils-growpart e2fsprogs openEuler-latest-release openEuler-rpm-config openeuler-lsb openssh'
      .split(' ')
      .map(named),
  ];
}

/** Where the stand-in for RHEL notes what its `subscription-manager` was told. */
export const SUBSCRIPTIONS = 'etc/subscriptions';

/** The packages of Red Hat Enterprise Linux 9 that make it one: its release, and repositories that need no subscription. */
export function rhelPackages({ baseUrl, publicKey }: StandInSource): readonly TestRpm[] {
  const key = 'etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release';
  return [
    {
      name: 'redhat-release',
      header: ['Requires: filesystem', 'Provides: system-release = 9', 'Provides: system-release(releasever) = 9'],
      files: {
        ...release('NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="9.4"\n'),
        'etc/redhat-release': 'Red Hat Enterprise Linux release 9.4\n',
        'usr/sbin/subscription-manager': `exec:#!/bin/sh\necho "$*" >>/${SUBSCRIPTIONS}\n`,
        [key]: publicKey,
      },
    },
    repositories('redhat-repos', 'etc/yum.repos.d/redhat.repo', key, {
      baseos: `${baseUrl}/rhel$releasever/$basearch`,
    }),
  ];
}

/** The packages that openSUSE Leap 15.6 has beyond what every distribution has. */
export function opensusePackages({ baseUrl, publicKey }: StandInSource): readonly TestRpm[] {
  const key = 'usr/lib/rpm/gnupg/keys/gpg-pubkey-tests.asc';
  return [
    {
      name: 'openSUSE-release',
      header: ['Requires: filesystem', 'Provides: distribution-release'],
      files: {
        ...release('NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n'),
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
    repositories('openSUSE-repos', 'etc/zypp/repos.d/repo-oss.repo', key, {
      'repo-oss': `${baseUrl}/distribution/leap/15.6/repo/oss`,
    }),
    { name: 'openSUSE-build-key', header: ['Requires: filesystem'], files: { [key]: publicKey } },
    { name: 'dracut', files: { 'usr/bin/mkinitrd': 'exec:#!/bin/sh\necho "mkinitrd $*" >/boot/initrd\n' } },
    { name: 'kernel-default', header: ['Requires: dracut'] },
    ...OPENSUSE_NAMES.map(named),
  ];
}

const OPENSUSE_NAMES =
  'ca-certificates-mozilla dracut-mkinitrd-deprecated glibc-locale git-core kernel-devel lsb-release man-pages openssl xz'.split(
    ' ',
  );

function release(text: string): FileTexts {
  return { 'etc/os-release': 'link:../usr/lib/os-release', 'usr/lib/os-release': text };
}

function repositories(name: string, file: string, key: string, sections: Readonly<Record<string, string>>): TestRpm {
  const text = Object.entries(sections).map(
    ([id, url]) => `[${id}]\nname=${id}\nbaseurl=${url}\ngpgcheck=1\ngpgkey=file:///${key}\nenabled=1\n`,
  );
  return {
    name,
    header: ['Requires: filesystem'],
    files: { [file]: text.join('') },
    attributes: { [file]: '%config(noreplace)' },
  };
}
