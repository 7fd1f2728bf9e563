import { chmod, lstat, mkdir, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ElementRig, elementRig } from './element-rig.ts';

const HOOK = 'install.d/10-install-static-files';

test('copies files to the root with their mode, and links as links', { tags: ['install-static.files'] }, async () => {
  await using rig = await staticRig({ 'etc/agent/run': 'x' });
  await symlink('run', join(rig.hooks, 'static/etc/agent/link'));
  await chmod(join(rig.hooks, 'static/etc/agent/run'), 0o750);

  const { status, tail } = await rig.inChroot(HOOK);

  expect(status, tail.join('\n')).toBe(0);
  expect((await stat(rig.at('/etc/agent/run'))).mode & 0o7777).toBe(0o750);
  expect(await readlink(rig.at('/etc/agent/link'))).toBe('run');
});

test('leaves out what version control would', { tags: ['subtle.14'] }, async () => {
  await using rig = await staticRig({
    'etc/kept.conf': 'k',
    'etc/old.orig': 'o',
    'etc/backup~': 'b',
    'etc/library.so': 's',
    'etc/.git/config': 'g',
  });

  await rig.inChroot(HOOK);

  expect(await rig.read('/etc/kept.conf')).toBe('k');
  for (const name of ['old.orig', 'backup~', 'library.so', '.git']) {
    await expect(lstat(rig.at(`/etc/${name}`)), name).rejects.toMatchObject({ code: 'ENOENT' });
  }
});

test('keeps the mode of a file that was there before', { tags: ['subtle.14'] }, async () => {
  await using rig = await staticRig({ 'etc/shadow-like': 'new' });
  await rig.write({ '/etc/shadow-like': 'old' });
  await chmod(rig.at('/etc/shadow-like'), 0o600);

  await rig.inChroot(HOOK);

  expect(await rig.read('/etc/shadow-like')).toBe('new');
  expect((await stat(rig.at('/etc/shadow-like'))).mode & 0o7777).toBe(0o600);
});

test('writes through links to folders instead of replacing them', async () => {
  await using rig = await staticRig({ 'lib/systemd/system/agent.service': 'unit' });

  const { status, tail } = await rig.inChroot(HOOK);

  expect(status, tail.join('\n')).toBe(0);
  expect(await readlink(join(rig.tree, 'lib'))).toBe('usr/lib');
  expect(await rig.read('/usr/lib/systemd/system/agent.service')).toBe('unit');
});

async function staticRig(files: Readonly<Record<string, string>>): Promise<ElementRig> {
  const rig = await elementRig(['install-static']);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(rig.hooks, 'static', path, '..'), { recursive: true });
    await writeFile(join(rig.hooks, 'static', path), text);
  }
  return rig;
}
