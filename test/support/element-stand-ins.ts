import { hook } from './cli.ts';
import { CALLS } from './element-coverage.ts';
import type { FileTexts } from './folder-tree.ts';

/**
 * A hook of root.d that puts programs into the tree which note how they were called, and do what their text says besides.
 * @param programs shell text of each program; empty for one that only notes its calls
 */
function standIns(programs: Readonly<Record<string, string>>): string {
  const lines = Object.entries(programs).flatMap(([name, text]) => [
    `cat >"$TARGET_ROOT/usr/bin/${name}" <<'PROGRAM'`,
    '#!/bin/bash',
    `echo "${name} $*" >>/${CALLS}`,
    text,
    'PROGRAM',
    `chmod +x "$TARGET_ROOT/usr/bin/${name}"`,
  ]);
  return hook(`mkdir -p "$TARGET_ROOT/usr/local/bin" "$TARGET_ROOT/etc"; touch "$TARGET_ROOT/${CALLS}"`, ...lines);
}

/** Prints the words of a call, so that a repository of pyenv can be tried without building a Python. */
const PYTHON_BUILD = 'if [[ $1 == --definitions ]]; then printf "%s\\n" 3.9.2 3.9.10 3.10.1; fi';

/** Debian with two kernels, of which one has headers. Goes with the element `ramdisk-os`. */
export const FAKE_DEBIAN: FileTexts = {
  'fake-debian/root.d/60-programs': standIns({
    blockdev: 'echo 512',
    dkms: 'if [[ $1 == status ]]; then echo "own/1.0: added"; fi',
    dracut: '',
    findmnt: 'echo /dev/loop0',
    git: '',
    make: '',
    pip: '',
    python3: 'if [[ ${2-} == venv ]]; then mkdir -p "$3/bin"; cp /usr/bin/pip "$3/bin/"; fi',
    sha256sum: '',
    'install-packages': '',
    'python-build': PYTHON_BUILD,
    rsync: 'cp -r "${@: -2:1}." "${!#}"',
    systemctl: '',
    zipl: '',
  }),
  'fake-debian/root.d/61-system': hook(
    'mkdir -p "$TARGET_ROOT"/etc/apt/apt.conf.d "$TARGET_ROOT"/usr/lib/modules/5.9.0-1/build',
    'echo 12.0 >"$TARGET_ROOT/etc/debian_version"; mkdir "$TARGET_ROOT/etc/ssh"; touch "$TARGET_ROOT/etc/ssh/sshd_config"',
    'mkdir "$TARGET_ROOT/etc/ci"; echo NODEPOOL_DEBIAN_MIRROR=http://mirror.example/debian >"$TARGET_ROOT/etc/ci/mirror_info.sh"',
    'for version in 5.10.0-9 5.9.0-1; do echo "initrd $version" >"$TARGET_ROOT/boot/initrd.img-$version"; done',
  ),
  'fake-debian/install.d/50-mirror': hook('echo "${DIB_DISTRIBUTION_MIRROR-}" >/etc/mirror'),
  'fake-debian/environment.d/10-fake-debian': 'export DIB_INIT_SYSTEM=systemd\n',
};

/** A container of a distribution of Red Hat's family: programs that note their calls, in a tree of the tiny operating system. */
export const FAKE_CENTOS_TREE: FileTexts = {
  'etc/sudoers': 'root ALL=(ALL) ALL\n',
  ...Object.fromEntries(
    ['dnf', 'systemctl', 'systemd-machine-id-setup', 'visudo'].map((name) => [
      `usr/bin/${name}`,
      `exec:#!/bin/sh\necho "${name} $*" >>/${CALLS}\n`,
    ]),
  ),
};

/** CentOS with a policy of SELinux. */
export const FAKE_CENTOS: FileTexts = {
  'fake-centos/root.d/60-programs': standIns({
    dnf: 'if [[ $* == *epel-release ]]; then mkdir -p /etc/yum.repos.d; echo enabled=1 >/etc/yum.repos.d/epel.repo; fi',
    'fips-mode-setup': '',
    'install-packages': '',
    rpm: 'exit 1',
    setfiles: '',
    visudo: '',
  }),
  'fake-centos/root.d/61-system': hook(
    'contexts=$TARGET_ROOT/etc/selinux/targeted/contexts/files',
    'mkdir -p "$contexts"; touch "$contexts/file_contexts" "$TARGET_ROOT/etc/sudoers"',
    'printf "SELINUX=enforcing\\nSELINUXTYPE=targeted\\n" >"$TARGET_ROOT/etc/selinux/config"',
    'mkdir -p "$TARGET_ROOT/usr/sbin"; cp "$TARGET_ROOT/usr/bin/setfiles" "$TARGET_ROOT/usr/sbin/"',
  ),
  'fake-centos/environment.d/10-fake-centos':
    'export DISTRO_NAME=centos DIB_RELEASE=9-stream DIB_INIT_SYSTEM=systemd YUM=dnf\n',
};

/** What ramdisks for hardware need of their packages. Goes with the element `ramdisk-os`. */
export const FAKE_HARDWARE: FileTexts = {
  'fake-hardware/root.d/60-programs': standIns(
    Object.fromEntries(
      ['hwinfo', 'kexec', 'killall', 'lshw', 'memtester', 'spew', 'tgtadm', 'tgtd'].map((name) => [name, '']),
    ),
  ),
};
