import { beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/host/process.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';

describe('a hook on the host', () => {
  let result: RunResult;
  beforeAll(async () => {
    await using shop = await workshop({
      'look/post-root.d/10-look': hook(
        'for folder in /sbin /usr/sbin /usr/local/sbin; do [[ :$PATH: == *:$folder:* ]] && echo "IN-PATH $folder"; done',
        'echo "SUDO $(sudo id -u) $(sudo -E MY_OWN=given bash -c \'echo "$MY_OWN"\') $(sudo -n -u nobody id -un)"',
        'sudo mkdir "$TMP_MOUNT_PATH/opt" && sudo chown 12:34 "$TMP_MOUNT_PATH/opt"',
        'if sudo -H bash -c "exit 7"; then :; else echo "SUDO-STATUS $?"; fi',
        'get_image_element_array | grep -q "\\[look\\]=" && echo "ARRAY found"',
        'for file in common-functions img-functions common-defaults img-defaults die; do [[ -e $_LIB/$file ]] && echo "LIB $file"; done',
        `"$DIB_PYTHON_EXEC" -c 'from diskimage_builder import logging_config; logging_config.setup(); print("PYTHON", "/".join(logging_config.__file__.split("/")[-4:]))'`,
        'echo "LOCKS ${DIB_LOCKFILES#"$HOME"} $(ls -d "$DIB_LOCKFILES" | wc -l)"',
        'echo "TRACE $DIB_DEBUG_TRACE"',
        'echo "MALLOC $(grep -zc "^MALLOC_MMAP_THRESHOLD_=" /proc/1/environ) ${MALLOC_MMAP_THRESHOLD_-unset}"',
        'echo "PARAMS $(sed -n "s/^root-.*/&,/p" "$DIB_BLOCK_DEVICE_PARAMS_YAML" | tr -d "\\n") $(ls "$(sed -n "s/^config: //p" "$DIB_BLOCK_DEVICE_PARAMS_YAML")" | wc -l)"',
        '( false || die "no such thing" ) && echo "DIE 0" || echo "DIE $?"',
        'for name in ARCH DIB_CHECKSUM DIB_ROOT_LABEL DIB_ROOT_FSTYPE FS_TYPE IMAGE_ELEMENT LC_ALL OUT_IMAGE_PATH DIB_OFFLINE DIB_MOUNTPOINTS; do echo "VALUE $name=${!name-unset}"; done',
        'for name in DIB_ARGS DIB_ENV DIB_BLOCK_DEVICE_PARAMS_YAML DIB_DEBUG_TRACE DIB_IMAGE_CACHE DIB_LOCKFILES DIB_MIN_TMPFS DIB_NO_TMPFS DIB_PYTHON_EXEC ELEMENTS_PATH IMAGE_ELEMENT_YAML IMAGE_NAME IMAGE_TYPE TMP_BUILD_DIR TMP_HOOKS_PATH TMP_IMAGE_DIR TMP_MOUNT_PATH _LIB PS4; do [[ -n ${!name} ]] || echo "MISSING $name"; done',
      ),
    });
    result = await shop.build({ elements: ['look'], env: { PATH: '/usr/bin:/bin' }, options: ['-a', 'amd64'] });
    expect(result.status, said(result)).toBe(0);
    expect(await shop.facts('opt')).toContain('12/34');
  });

  test('finds the system folders in PATH', { tags: ['env.path-host'] }, () => {
    expect(marked(result, 'IN-PATH')).toEqual(['/sbin', '/usr/sbin', '/usr/local/sbin']);
  });

  test('finds a sudo that needs none on the machine', { tags: ['env.user'] }, () => {
    expect(marked(result, 'SUDO')).toEqual(['0 given nobody']);
    expect(marked(result, 'SUDO-STATUS')).toEqual(['7']);
  });

  test('has the functions and files that elements use', { tags: ['elements.array', 'env.functions'] }, () => {
    expect(marked(result, 'ARRAY')).toEqual(['found']);
    expect(marked(result, 'LIB')).toEqual([
      'common-functions',
      'img-functions',
      'common-defaults',
      'img-defaults',
      'die',
    ]);
    expect(marked(result, 'PYTHON')).toEqual(['lib/python/diskimage_builder/logging_config.py']);
    expect(marked(result, 'DIE')).toEqual(['1']);
  });

  test('finds the parameters of the disk in a file', { tags: ['env.block-device-params'] }, () => {
    expect(marked(result, 'PARAMS')).toEqual(['root-fs-type: ext4,root-label: cloudimg-rootfs, 1']);
  });

  test('has none of the settings of the builder, its first process', () => {
    expect(marked(result, 'MALLOC')).toEqual(['1 unset']);
  });

  test('knows that nothing is traced', { tags: ['trace.hooks'] }, () => {
    expect(marked(result, 'TRACE')).toEqual(['0']);
  });

  test('has a folder for locks below its home', { tags: ['variables.lockfiles'] }, () => {
    expect(marked(result, 'LOCKS')).toEqual(['/.cache/dib/lockfiles 1']);
  });

  test('has the variables of the contract', () => {
    expect(marked(result, 'MISSING')).toEqual([]);
    expect(marked(result, 'VALUE')).toEqual([
      'ARCH=amd64',
      'DIB_CHECKSUM=0',
      'DIB_ROOT_LABEL=cloudimg-rootfs',
      'DIB_ROOT_FSTYPE=ext4',
      'FS_TYPE=ext4',
      'IMAGE_ELEMENT=fake-os look',
      'LC_ALL=C',
      'OUT_IMAGE_PATH=',
      'DIB_OFFLINE=',
      'DIB_MOUNTPOINTS=/',
    ]);
  });
});

test('hooks of the host run commands in the tree, and mount what such a tree needs', {
  tags: ['lib.run-in-target', 'lib.mount-tree', 'lib.unmount'],
}, async () => {
  await using shop = await workshop({
    'enters/post-root.d/10-enter': hook(
      'source "$_LIB/common-functions"; source "$_LIB/img-functions"',
      "echo \"INSIDE $(run_in_target 'id -u; pwd; echo $HOME ${TMPDIR-none}; ls /usr/bin/bash' | tr '\\n' ' ')\"",
      'TMP_MOUNT_PATH=$(mktemp -d); mkdir "$TMP_MOUNT_PATH"/{proc,dev,sys}',
      'mount_proc_dev_sys; cd "$TMP_MOUNT_PATH"',
      '[[ -d proc/self && -c dev/null && -c dev/pts/ptmx && -d sys/kernel ]] && echo "MOUNTED all"',
      'findmnt --noheadings --output OPTIONS --mountpoint "$TMP_MOUNT_PATH/sys" | grep -qw ro && echo "MOUNTED sys read-only"',
      'cd /; unmount_dir "$TMP_MOUNT_PATH" >/dev/null; echo "MOUNTED $(ls "$TMP_MOUNT_PATH"/* | grep -c self) afterwards"',
    ),
  });

  const result = await shop.build({ elements: ['enters'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'INSIDE')).toEqual(['0 / /root none /usr/bin/bash ']);
  expect(marked(result, 'MOUNTED')).toEqual(['all', 'sys read-only', '0 afterwards']);
});
