import { readFile, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runForStatus } from '../../src/host/process.ts';
import { type BuildCall, hook, marked, said, workshop } from '../support/cli.ts';
import { type TestUser, testUser } from '../support/test-user.ts';

const ELEMENTS = {
  'owners/root.d/20-own': hook('mkdir "$TARGET_ROOT/srv"', 'chown 33:33 "$TARGET_ROOT/srv"'),
  'owners/extra-data.d/10-sudo': hook('sudo install -d -o 1000 -g 42 "$TMP_MOUNT_PATH/opt/by-sudo"'),
  'owners/install.d/10-files': hook(
    'mkdir -p /opt/deep /opt/sticky; echo x >/opt/one; ln /opt/one /opt/two; ln -s one /opt/link; mkfifo /opt/fifo',
    'chown 1000:1000 /opt/one; chown -h 7:8 /opt/link; chown 65533:65533 /opt/deep; chmod 4750 /opt/one; chmod 1777 /opt/sticky',
    'rm /usr/bin/uniq; mv /usr/bin/uname /opt/uname; echo "IDS $(id -u):$(id -g) $(stat -c %u:%g /opt/by-sudo /srv | tr "\\n" " ")"',
  ),
  'owners/post-install.d/10-again': hook(
    'rm -r /opt/sticky; mkdir /opt/sticky; touch /opt/sticky/new; chown 5 /opt/two',
  ),
  'owners/finalise.d/10-guest': hook(
    'setpriv --reuid 1000 --regid 1000 --clear-groups touch /tmp/x',
    'echo "GUEST $(stat -c %u /tmp/x)"',
  ),
};

async function buildAs(user: TestUser | undefined, call: BuildCall) {
  await using shop = await workshop(ELEMENTS);
  const words = shop.buildWords(call);
  const [command = '', ...args] = user === undefined ? words : await user.words(shop, words);
  const before = await shop.hostState();
  const result = await runForStatus(command, args, { env: shop.environment(call), cwd: shop.at('work') });
  expect(result.status, said(result)).toBe(0);
  expect(await shop.hostState()).toEqual(before);
  expect(await shop.leftovers()).toEqual([]);
  const again = await runForStatus(command, args, { env: shop.environment(call), cwd: shop.at('work') });
  expect(marked(again, 'IDS'), said(again)).toEqual([]);
  return { result, tar: await readFile(shop.at('image.tar')), owner: (await stat(shop.at('image.tar'))).uid };
}

test.each(['0', '1'])('a user with sub-uids builds the same bytes as root, DIB_NO_TMPFS=%s', async (noTmpfs) => {
  await using user = await testUser();
  const call = { elements: ['owners'], env: { DIB_NO_TMPFS: noTmpfs } };

  const byRoot = await buildAs(undefined, call);
  const byUser = await buildAs(user, call);

  expect(marked(byUser.result, 'IDS')).toEqual(['0:0 1000:42 33:33 ']);
  expect(marked(byUser.result, 'GUEST')).toEqual(['1000']);
  expect(byUser.owner).not.toBe(0);
  expect(byUser.tar.equals(byRoot.tar)).toBe(true);
});

test('a user without sub-uids is told what to change', async () => {
  await using user = await testUser({ hasSubIds: false });
  await using shop = await workshop();
  const [command = '', ...args] = await user.words(shop, shop.buildWords());

  const result = await runForStatus(command, args, { env: shop.environment(), cwd: shop.at('work') });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('/etc/subuid');
});
