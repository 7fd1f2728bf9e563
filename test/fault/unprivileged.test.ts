import { createHash } from 'node:crypto';
import { chown, mkdir, readdir, readFile, stat } from 'node:fs/promises';
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

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

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
  const names = (await readdir(shop.path)).filter((name) => name.startsWith('image.')).sort();
  const images = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await sha256Of(shop.at(name))] as const)),
  );
  return { result, images, owner: (await stat(shop.at('image.tar'))).uid };
}

test.each(['0', '1'])('a user with sub-uids builds the same bytes as root, DIB_NO_TMPFS=%s', async (noTmpfs) => {
  await using user = await testUser();
  const formats = ['tar', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx', 'squashfs', 'oci', 'aci'];
  const compression = { DIB_SQUASHFS_COMPRESSION: 'gzip:1', DIB_OCI_COMPRESSION: 'zstd:1', DIB_JOURNAL_SIZE: '4' };
  const call = {
    elements: ['owners'],
    options: ['-t', formats.join(',')],
    env: { DIB_NO_TMPFS: noTmpfs, ...compression },
  };

  const byRoot = await buildAs(undefined, call);
  const byUser = await buildAs(user, call);

  expect(marked(byUser.result, 'IDS')).toEqual(['0:0 1000:42 33:33 ']);
  expect(marked(byUser.result, 'GUEST')).toEqual(['1000']);
  expect(byUser.owner).not.toBe(0);
  expect(Object.keys(byUser.images)).toHaveLength(formats.length);
  expect(byUser.images).toEqual(byRoot.images);
});

test('a user without sub-uids is told what to change', async () => {
  await using user = await testUser({ hasSubIds: false });
  await using shop = await workshop();
  const [command = '', ...args] = await user.words(shop, shop.buildWords());

  const result = await runForStatus(command, args, { env: shop.environment(), cwd: shop.at('work') });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('/etc/subuid');
});

interface LockedPlace {
  readonly title: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
  readonly texts: readonly string[];
}

/** `LOCKED` stands for a folder that only root may enter. */
const LOCKED_PLACES: readonly LockedPlace[] = [
  {
    title: 'elements that he may not read',
    env: { ELEMENTS_PATH: 'LOCKED' },
    texts: ['Entry 1 of ELEMENTS_PATH', 'cannot be read'],
  },
  {
    title: 'a folder for the image that he may not write',
    options: ['-o', 'LOCKED/image'],
    texts: ['LOCKED', 'cannot be written'],
  },
  {
    title: 'a cache that he may not write',
    env: { DIB_IMAGE_CACHE: 'LOCKED' },
    texts: ['LOCKED', 'cannot be written'],
  },
];

test.each(LOCKED_PLACES)(
  'a user is told of $title before the first hook',
  async ({ env = {}, options = [], texts }) => {
    await using user = await testUser();
    await using shop = await workshop({ 'say/root.d/00-say': hook('echo "RAN root.d"') });
    const place = (text: string) => text.replace('LOCKED', shop.at('locked'));
    await mkdir(shop.at('locked'), { mode: 0o700 });
    const call = { elements: ['say'], options: options.map(place) };
    const [command = '', ...args] = await user.words(shop, shop.buildWords(call));
    await chown(shop.at('locked'), 0, 0);
    const placed = Object.fromEntries(Object.entries(env).map(([name, text]) => [name, place(text)]));

    const result = await runForStatus(command, args, { env: shop.environment({ env: placed }), cwd: shop.at('work') });

    expect(result.status).toBe(1);
    for (const text of texts) expect(said(result)).toContain(place(text));
    expect(said(result)).not.toContain('INTERNAL');
    expect(marked(result, 'RAN')).toEqual([]);
  },
);
