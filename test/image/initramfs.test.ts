import { expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, marked } from '../support/cli.ts';
import { folderTree } from '../support/folder-tree.ts';
import { build, inLab } from '../support/image-build.ts';

/** A hook of mkinitramfs that copies what is seldom copied, and notes the statuses. */
const SELDOM = [
  'if [ "${1-}" = prereqs ]; then exit; fi',
  'set +o pipefail',
  '. /usr/share/initramfs-tools/hook-functions',
  'copied() { status=0; "$@" || status=$?; echo "$status $*"; }',
  '{',
  '  copied copy_exec /usr/bin/nawk /bin',
  '  copied copy_exec /bin/uname',
  '  copied copy_file text /etc/os-release /etc/',
  '  copied copy_file text /etc/os-release',
  '  copied copy_file text /etc/../etc/issue odd//place',
  '  copied copy_file text /usr/lib/os-release /etc/deep/er',
  '  copied copy_file text /missing',
  '  copied manual_add_modules',
  '  copied manual_add_modules no_such_module',
  '  copied force_load jr3_pci',
  '  copied manual_add_modules jr3_pci ni_pcidio',
  '} >"$DESTDIR/seldom"',
];

test('the initramfs of a build has the very contents of the one that its own programs make', async () => {
  await using made = await folderTree({
    'initramfs-twice/install.d/50-packages': hook(
      'install-packages busybox lvm2 mdadm zstd',
      'cp "$(dirname "$0")/../programs/"* /etc/initramfs-tools/hooks/',
      'mkdir -p /lib/firmware/comedi && echo firmware >/lib/firmware/comedi/jr3pci.idm',
      'echo "softdep jr3_pci pre: raid0" >/etc/modprobe.d/jr3.conf',
      'echo ni_pcidio >>/etc/initramfs-tools/modules',
    ),
    'initramfs-twice/programs/seldom': hook(...SELDOM),
    'initramfs-twice/post-install.d/00-twice': hook(
      'cd /boot && own=/tmp/initrd kernel=$(ls /lib/modules)',
      'mkinitramfs -o "$own" "$kernel"',
      'zstd -dc "$own" >"$own.cpio"',
      'if zstd -dc "initrd.img-$kernel" | cmp - "$own.cpio"; then echo "SAYS same contents"; fi',
      'echo "SAYS larger by $(($(stat -c %s "initrd.img-$kernel") * 100 / $(stat -c %s "$own") - 100)) %"',
      'cpio --quiet -t <"$own.cpio" >/tmp/names',
      'for name in busybox jr3_pci.ko raid1.ko jr3pci.idm mawk; do echo "SAYS $name: $(grep -c "/$name\\$" /tmp/names)"; done',
      'cpio --quiet -i --to-stdout seldom <"$own.cpio" | sed "s/^/SAYS /"',
    ),
  });
  await run('cp', ['--recursive', `${made.path}/initramfs-twice`, inLab('elements')]);

  const log = await build({
    name: 'initramfs-twice',
    elements: ['debian-minimal', 'initramfs-twice'],
    options: ['-t', 'tar'],
  });

  expect(marked(log, 'SAYS')).toEqual([
    'same contents',
    expect.stringMatching(/^larger by 1\d %$/),
    ...['busybox: 1', 'jr3_pci.ko: 1', 'raid1.ko: 1', 'jr3pci.idm: 1', 'mawk: 1'],
    '0 copy_exec /usr/bin/nawk /bin',
    '0 copy_exec /bin/uname',
    '0 copy_file text /etc/os-release /etc/',
    '1 copy_file text /etc/os-release',
    '0 copy_file text /etc/../etc/issue odd//place',
    '0 copy_file text /usr/lib/os-release /etc/deep/er',
    '2 copy_file text /missing',
    '0 manual_add_modules',
    '0 manual_add_modules no_such_module',
    '0 force_load jr3_pci',
    '0 manual_add_modules jr3_pci ni_pcidio',
  ]);
});
