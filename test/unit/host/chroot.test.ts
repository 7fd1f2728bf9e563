import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runInChroot } from '../../../src/host/chroot.ts';
import { makeFakeTree } from '../../support/fake-os.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { hostState } from '../../support/host-state.ts';

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
let folder: FolderTree;
let tree: string;

beforeAll(async () => {
  folder = await folderTree({ 'shown/file': 'seen' });
  tree = join(folder.path, 'tree');
  await makeFakeTree(tree);
});
afterAll(async () => await folder[Symbol.asyncDispose]());

async function inTree(script: string, options: Partial<Parameters<typeof runInChroot>[0]> = {}) {
  return await runInChroot({
    tree,
    command: ['/bin/bash', '-c', script],
    env: { PATH },
    scratch: folder.path,
    ...options,
  });
}

test('has the standard devices, which work', async () => {
  const { stdout, status, stderr } = await inTree(
    'cd /dev; echo *; head -c 4 zero | od -An -tx1; echo x >null; head -c 5 urandom | wc -c; echo full 2>/dev/null >full || echo refused; echo out >/dev/stdout',
  );

  expect(status, stderr).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero',
    ' 00 00 00 00',
    '5',
    'refused',
    'out',
    '',
  ]);
});

test('has a /dev of its own, with room for shared memory', async () => {
  await inTree('touch /dev/mine /dev/shm/mine');

  const { stdout, stderr } = await inTree('ls -A /dev/shm; test ! -e /dev/mine && stat -c "%a %n" /dev /dev/shm');

  expect(stdout, stderr).toBe('755 /dev\n1777 /dev/shm\n');
});

test('has a /sys that cannot be written and a /proc of its own processes', async () => {
  const { stdout } = await inTree('grep -c " /sys sysfs ro" /proc/mounts; tr "\\0" " " </proc/1/cmdline');

  expect(stdout).toMatch(/^[1-9]/);
  expect(stdout).toContain('enter-chroot');
});

test('shows folders and files of the host at their places, read-only ones read-only', async () => {
  const shown = join(folder.path, 'shown');
  const { stdout, status } = await inTree(
    'cat /mnt/ro/file; touch /mnt/ro/x 2>/dev/null || echo " refused"; cat /etc/one; echo new >/mnt/rw/made',
    {
      binds: [
        { source: shown, target: '/mnt/ro', isReadOnly: true },
        { source: shown, target: '/mnt/rw', isReadOnly: false },
        { source: join(shown, 'file'), target: '/etc/one', isReadOnly: true },
      ],
    },
  );

  expect(status).toBe(0);
  expect(stdout).toBe('seen refused\nseen');
  expect(await readFile(join(shown, 'made'), 'utf8')).toBe('new\n');
});

test('what it mounts and starts is gone when it returns', async () => {
  const mark = 'INGOT_CHROOT_TEST=1';
  const before = await hostState(mark);

  const { status } = await inTree(
    'setsid sleep 300 </dev/null >/dev/null 2>&1 & mount -t tmpfs mine /mnt; touch /mnt/x',
    {
      env: { PATH, INGOT_CHROOT_TEST: '1' },
    },
  );

  expect(status).toBe(0);
  expect(await hostState(mark)).toEqual(before);
  expect(await readdir(join(tree, 'mnt'))).toEqual(['ro', 'rw']);
  expect(await readdir(join(tree, 'dev'))).toEqual([]);
  expect(await readdir(join(tree, 'proc'))).toEqual([]);
  expect((await readdir(folder.path)).filter((name) => name.startsWith('chroot-'))).toEqual([]);
});

test('gives back the status of the command, and 128 and its number for a signal to itself', async () => {
  expect((await inTree('exit 42')).status).toBe(42);
  expect((await inTree('kill -TERM $$')).status).toBe(143);
  expect((await runInChroot({ tree, scratch: folder.path, command: ['no-such-command'], env: { PATH } })).status).toBe(
    127,
  );
});

test('has exactly the environment that was given, and no BASH_ENV of it is read outside the tree', async () => {
  await folder.write({ trap: 'echo trapped' });

  const { stdout } = await inTree('env | grep -v "^\\(_\\|PWD\\|SHLVL\\|OLDPWD\\)="', {
    command: ['/usr/bin/env'],
    env: { PATH, ONE: 'a b', BASH_ENV: join(folder.path, 'trap') },
  });

  expect(stdout).not.toContain('trapped');
  const own = stdout.split('\n').filter((line) => !/^(_|PWD|SHLVL|OLDPWD)=/.test(line));
  expect(own.sort()).toEqual(['', `BASH_ENV=${join(folder.path, 'trap')}`, 'ONE=a b', `PATH=${PATH}`].sort());
});

test('starts in / with closed input', async () => {
  const { stdout } = await inTree('pwd; cat; echo end');

  expect(stdout).toBe('/\nend\n');
});

test('a tree that cannot be entered is told apart from a command that failed', async () => {
  await expect(
    inTree('true', { binds: [{ source: join(folder.path, 'missing'), target: '/mnt/x', isReadOnly: true }] }),
  ).rejects.toMatchObject({ code: 'CHROOT_FAILED' });
});

test('an abort kills everything inside', async () => {
  const controller = new AbortController();
  const mark = 'INGOT_ABORT_TEST=1';
  const running = inTree('echo begun; sleep 300', {
    env: { PATH, INGOT_ABORT_TEST: '1' },
    signal: controller.signal,
    onLine: () => controller.abort(),
  });

  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });

  await expect.poll(async () => (await hostState(mark)).processes).toEqual([]);
});
