import { readFile, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { type ElementRig, elementRig, recorder } from './element-rig.ts';

const HOOK = 'install.d/50-devuser';

test('makes the user with its shell and groups', async () => {
  await using rig = await elementRig(['devuser'], {
    DIB_DEV_USER_USERNAME: 'ada',
    DIB_DEV_USER_SHELL: '/bin/bash',
    DIB_DEV_USER_GROUPS: 'staff',
  });

  const { status, tail } = await rig.inChroot(HOOK);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/passwd')).toMatch(/^ada:x:1000:1000::\/home\/ada:\/bin\/bash$/m);
  expect(await rig.read('/etc/group')).toMatch(/^staff:x:50:ada$/m);
  expect(await shadowOf(rig, 'ada')).toMatch(/^ada:!/);
});

test('is called devuser unless told otherwise', async () => {
  await using rig = await elementRig(['devuser']);

  const { status, tail } = await rig.inChroot(HOOK);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/passwd')).toMatch(/^devuser:/m);
});

test('a second run finds everything done', async () => {
  await using rig = await elementRig(['devuser'], { DIB_DEV_USER_GROUPS: 'staff' });
  await rig.inChroot(HOOK);
  const before = await rig.read('/etc/passwd');

  const { status, tail } = await rig.inChroot(HOOK);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/passwd')).toBe(before);
});

test('sets a password that is the same bytes in every build and never shows in the output', async () => {
  const env = { DIB_DEV_USER_PASSWORD: 'se:cret', SOURCE_DATE_EPOCH: '1700000000', DIB_DEBUG_TRACE: '1' };
  await using one = await elementRig(['devuser'], env);
  await using other = await elementRig(['devuser'], env);

  const { status, tail } = await one.inChroot(HOOK);
  await other.inChroot(HOOK);

  expect(status, tail.join('\n')).toBe(0);
  const line = await shadowOf(one, 'devuser');
  const hash = line.split(':')[1] ?? '';
  expect(hash).toMatch(/^\$6\$/);
  const { stdout } = await run('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', 'se:cret', hash]);
  expect(stdout).toBe(hash);
  expect(await shadowOf(other, 'devuser')).toBe(line);
  expect(tail.filter((text) => text.includes('se:cret'))).toEqual([]);
});

test('gives sudo rights in a file that sudo reads, whatever the name', async () => {
  await using rig = await elementRig(['devuser'], {
    DIB_DEV_USER_USERNAME: 'ada.l',
    DIB_DEV_USER_PWDLESS_SUDO: 'yes',
  });
  await rig.write({ '/usr/local/sbin/visudo': recorder('visudo') });

  const { status, tail } = await rig.inChroot(HOOK);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/etc/sudoers.d/ada_l')).toBe('ada.l ALL=(ALL) NOPASSWD:ALL\n');
  expect((await stat(rig.at('/etc/sudoers.d/ada_l'))).mode & 0o7777).toBe(0o440);
  expect(await rig.read('/tmp/visudo.calls')).toContain('/etc/sudoers.d/ada_l');
});

test('installs the keys of the named file for the user alone', async () => {
  await using rig = await elementRig(['devuser']);
  await rig.write({ '/tmp/keys.pub': 'ssh-ed25519 AAAA ada\n' });

  const fetched = await rig.onHost('extra-data.d/50-devuser', {
    DIB_DEV_USER_AUTHORIZED_KEYS: rig.at('/tmp/keys.pub'),
  });
  const { status, tail } = await rig.inChroot(HOOK);

  expect([fetched.status, status], tail.join('\n')).toEqual([0, 0]);
  expect(await rig.read('/home/devuser/.ssh/authorized_keys')).toBe('ssh-ed25519 AAAA ada\n');
  const { mode, uid } = await stat(rig.at('/home/devuser/.ssh/authorized_keys'));
  expect(mode & 0o7777).toBe(0o600);
  expect(uid).toBe((await stat(rig.at('/home/devuser'))).uid);
});

test("falls back to the builder's own public key, and to none for /dev/null", async () => {
  await using rig = await elementRig(['devuser']);
  const copied = `${rig.hooks}/devuser-ssh-authorized-keys`;
  await rig.write({ '/root/.ssh/id_ed25519.pub': 'own key\n' });
  const env = { HOME: rig.at('/root') };

  await rig.onHost('extra-data.d/50-devuser', { ...env, DIB_DEV_USER_AUTHORIZED_KEYS: '/dev/null' });
  await expect(readFile(copied)).rejects.toMatchObject({ code: 'ENOENT' });
  await rig.onHost('extra-data.d/50-devuser', env);

  expect(await readFile(copied, 'utf8')).toBe('own key\n');
});

async function shadowOf(rig: ElementRig, user: string): Promise<string> {
  const lines = (await rig.read('/etc/shadow')).split('\n');
  return lines.find((line) => line.startsWith(`${user}:`)) ?? '';
}
