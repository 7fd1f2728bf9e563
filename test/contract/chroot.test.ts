import { beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/host/process.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';

describe('a hook in the chroot', () => {
  let result: RunResult;
  beforeAll(async () => {
    await using shop = await workshop({
      'look/data/file': 'seen',
      'look/install.d/10-look': hook(
        'printf "PATH-TEXT %s\\n" "$PATH"',
        'for name in HOME TMPDIR VIRTUAL_ENV LC_ALL MY_OWN USER LANG; do echo "VALUE $name=${!name-unset}"; done',
        'echo "FUNCTIONS $(declare -F | wc -l)"',
        'echo "HOOKS $(cat /tmp/in_target.d/data/file)"',
        'if touch /tmp/in_target.d/new 2>/dev/null; then echo "WRITE allowed"; else echo "WRITE refused"; fi',
        'if : >/sys/kernel/uevent_helper; then echo "SYS written"; else echo "SYS refused"; fi 2>/dev/null',
        'echo "SYSMOUNT $(grep " /sys " /proc/mounts | cut -d" " -f4 | cut -d, -f1)"',
        'echo "DEVICES $(cd /dev && echo *)"',
        'echo "FIRST-PROCESS $(tr "\\0" " " </proc/1/cmdline)"',
        'echo x >/dev/null; echo "RANDOM $(head -c 8 /dev/urandom | wc -c)"',
        'echo "IDS $(id -u):$(id -g)"',
        'echo "SUDO $SUDO_USER $SUDO_UID $SUDO_GID"',
        'echo "LIST $(/tmp/in_target.d/dib-run-parts --list /tmp/in_target.d/install.d)"',
        'echo "TRACE $DIB_DEBUG_TRACE"',
        'echo "STREAM out" >/dev/stdout; echo "STREAM tee" | tee /dev/stderr >/dev/null',
      ),
    });
    const env = { TMPDIR: undefined, TMP_DIR: shop.at('tmp'), VIRTUAL_ENV: '/venv', MY_OWN: 'kept', LANG: 'C.UTF-8' };
    result = await shop.build({ elements: ['look'], env: { ...env, SUDO_USER: 'ann' }, options: ['-x', '-x'] });
    expect(result.status, said(result)).toBe(0);
  });

  test('has the literal PATH of the contract', { tags: ['env.path-chroot', 'subtle.11'] }, () => {
    expect(marked(result, 'PATH-TEXT')).toEqual(['$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
  });

  test("sees the caller's variables, but HOME, TMPDIR, VIRTUAL_ENV and LC_ALL as the contract says", {
    tags: ['env.callers', 'env.home', 'env.locale', 'subtle.11'],
  }, () => {
    expect(marked(result, 'VALUE')).toEqual([
      'HOME=/root',
      'TMPDIR=unset',
      'VIRTUAL_ENV=unset',
      'LC_ALL=C',
      'MY_OWN=kept',
      'USER=root',
      'LANG=C.UTF-8',
    ]);
  });

  test('gets no bash functions', { tags: ['env.functions', 'subtle.11'] }, () => {
    expect(marked(result, 'FUNCTIONS')).toEqual(['0']);
  });

  test('is called by root through sudo, as far as it can tell', { tags: ['env.sudo-variables'] }, () => {
    expect(marked(result, 'SUDO')).toEqual(['root 0 0']);
  });

  test('knows how much is traced', { tags: ['trace.hooks'] }, () => {
    expect(marked(result, 'TRACE')).toEqual(['2']);
  });

  test('sees the merged hooks and dib-run-parts read-only at /tmp/in_target.d', { tags: ['merge.in-target'] }, () => {
    expect(marked(result, 'LIST')).toEqual(['/tmp/in_target.d/install.d/10-look']);
    expect(marked(result, 'HOOKS')).toEqual(['seen']);
    expect(marked(result, 'WRITE')).toEqual(['refused']);
  });

  test('has a read-only /sys', { tags: ['phases.mounts'] }, () => {
    expect(marked(result, 'SYSMOUNT')).toEqual(['ro']);
    expect(marked(result, 'SYS')).toEqual(['refused']);
  });

  test('has the standard devices and none of the host', { tags: ['phases.mounts'] }, () => {
    expect(marked(result, 'DEVICES')).toEqual([
      'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero',
    ]);
    expect(marked(result, 'RANDOM')).toEqual(['8']);
  });

  test('opens its output streams anew', () => {
    expect(marked(result, 'STREAM').toSorted()).toEqual(['out', 'tee']);
  });

  test('sees its own processes alone, as root', { tags: ['env.root'] }, () => {
    expect(marked(result, 'FIRST-PROCESS')[0]).toContain('enter-chroot');
    expect(marked(result, 'IDS')).toEqual(['0:0']);
  });
});

test('a hook of the host opens its output streams anew', async () => {
  await using shop = await workshop({
    'look/extra-data.d/10-look': hook('echo "STREAM out" >/dev/stdout; echo "STREAM tee" | tee /dev/stderr >/dev/null'),
  });

  const result = await shop.build({ elements: ['look'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'STREAM').toSorted()).toEqual(['out', 'tee']);
});

test('processes that a hook leaves running are dead when the next hook runs', async () => {
  const stray = hook('setsid sleep 300 >/dev/null 2>&1 </dev/null &', 'echo "RAN stray"');
  await using shop = await workshop({
    'stray/install.d/10-stray': stray,
    'stray/install.d/20-look': hook('echo "ALIVE $(grep -lsx sleep /proc/[0-9]*/comm | wc -l)"'),
    'stray/post-root.d/10-stray': stray,
  });

  const result = await shop.build({ elements: ['stray'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['stray', 'stray']);
  expect(marked(result, 'ALIVE')).toEqual(['0']);
  expect((await shop.hostState()).processes).toEqual([]);
});

test('a mount that a hook leaves is named, stays for later hooks, and never enters the image', {
  tags: ['phases.hook-mounts', 'subtle.13', 'phases.post-root-tree'],
}, async () => {
  await using shop = await workshop({
    'mounts/extra-data.d/10-mount': hook(
      'mkdir -p "$TMP_MOUNT_PATH/cache"',
      'mount -t tmpfs mine "$TMP_MOUNT_PATH/cache"',
      'touch "$TMP_MOUNT_PATH/cache/inside"',
    ),
    'mounts/install.d/10-look': hook('echo "INSTALL $(ls /cache)"'),
    'mounts/finalise.d/10-look': hook('echo "FINALISE $(ls /cache)"'),
  });
  const before = await shop.hostState();

  const result = await shop.build({ elements: ['mounts'] });

  expect(result.status, said(result)).toBe(0);
  expect(said(result)).toMatch(/extra-data\.d\/10-mount left mounts in the tree: .*\/mnt\/cache/);
  expect(marked(result, 'INSTALL')).toEqual(['inside']);
  expect(marked(result, 'FINALISE')).toEqual(['']);
  expect(await shop.names()).not.toContain('cache/inside');
  expect(await shop.hostState()).toEqual(before);
});
