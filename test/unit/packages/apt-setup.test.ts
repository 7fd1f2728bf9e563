import { expect, test } from 'vitest';
import type { Environment } from '../../../src/model/request.ts';
import { aptSetupOf, hasKeyrings, requireKeyrings } from '../../../src/packages/apt-setup.ts';
import { formatAptSource } from '../../../src/packages/apt-source.ts';
import { folderTree } from '../../support/folder-tree.ts';

const DEBIAN: Environment = {
  ARCH: 'amd64',
  DISTRO_NAME: 'debian',
  DIB_RELEASE: 'bookworm',
  DIB_DISTRIBUTION_MIRROR: 'http://m.example/debian/',
};

async function setup(env: Environment) {
  await using tree = await folderTree({ 'own.gpg': 'key' });
  return await aptSetupOf({ ...DEBIAN, DIB_APT_KEYRING: `${tree.path}/own.gpg`, ...env });
}

test('takes the main source from mirror, release and components, and the others from DIB_APT_SOURCES_CONF', async () => {
  const sources = [
    'default:deb http://m.example/debian bookworm main',
    'security:deb http://s.example/ bookworm-security main contrib',
    'code:deb-src http://m.example/debian bookworm main',
  ];
  const read = await setup({ DIB_DEBIAN_COMPONENTS: 'main,contrib', DIB_APT_SOURCES_CONF: sources.join('\n') });

  expect(read?.sources.map((source) => formatAptSource(source))).toEqual([
    'deb http://m.example/debian bookworm main contrib',
    'deb http://s.example bookworm-security main contrib',
  ]);
  expect(read?.main).toBe(read?.sources[0]);
});

test('takes the suites of DIB_UBUNTU_MIRROR_DISTS where no sources are named', async () => {
  const read = await setup({
    DISTRO_NAME: 'ubuntu',
    DIB_RELEASE: 'noble',
    DIB_UBUNTU_MIRROR_DISTS: 'updates,security',
  });

  expect(read?.sources.map((source) => formatAptSource(source))).toEqual(
    ['noble', 'noble-updates', 'noble-security'].map((suite) => `deb http://m.example/debian ${suite} main`),
  );
});

test('has nothing to say of distributions without apt', async () => {
  expect(await setup({ DISTRO_NAME: 'fedora' })).toBeUndefined();
  expect(await setup({ DIB_DISTRIBUTION_MIRROR: '' })).toBeUndefined();
});

test('trusts the keyring of --keyring before DIB_APT_KEYRING, and every key of DIB_ADD_APT_KEYS', async () => {
  await using tree = await folderTree({ 'other.gpg': '', 'keys/b.asc': '', 'keys/a.gpg': '' });

  const read = await setup({
    DIB_DEBOOTSTRAP_EXTRA_ARGS: `--verbose --keyring=${tree.path}/other.gpg`,
    DIB_ADD_APT_KEYS: `${tree.path}/keys`,
  });

  expect(read?.keyrings).toEqual(['other.gpg', 'keys/a.gpg', 'keys/b.asc'].map((name) => `${tree.path}/${name}`));
});

test('names a keyring that is not there and how to get one, when somebody needs it', async () => {
  const read = await setup({ DIB_APT_KEYRING: '/nowhere/keys.gpg' });
  if (read === undefined) expect.unreachable();

  expect(await hasKeyrings(read)).toBe(false);
  await expect(requireKeyrings(read)).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: 'The keyring /nowhere/keys.gpg does not exist',
    details: expect.objectContaining({ hint: expect.stringContaining('DIB_APT_KEYRING') }),
  });
});

test.each(['debian', 'ubuntu'])('knows where the keys of %s are', async (distribution) => {
  const read = await aptSetupOf({ ...DEBIAN, DISTRO_NAME: distribution });

  expect(read?.keyrings).toEqual([`/usr/share/keyrings/${distribution}-archive-keyring.gpg`]);
});

test('leaves out signature checks of the main source with --no-check-gpg', async () => {
  const read = await setup({ DIB_DEBOOTSTRAP_EXTRA_ARGS: '--no-check-gpg' });

  expect(read?.main.options).toBe('trusted=yes');
});

test('obeys the settings of DIB_APT_CONF', async () => {
  expect((await setup({ DIB_APT_CONF: '/some/apt.conf' }))?.settings).toBe('/some/apt.conf');
});

test('needs no keyring where every source names its own or does without', async () => {
  const sources = [
    'one:deb [signed-by=/keys/a.gpg] http://m.example/debian bookworm main',
    'two:deb [trusted=yes] http://v.example/ vendor main',
  ];

  const read = await setup({ DIB_APT_KEYRING: '/nowhere/keys.gpg', DIB_APT_SOURCES_CONF: sources.join('\n') });

  expect(read?.keyrings).toEqual([]);
  expect(read?.main.options).toBe('signed-by=/keys/a.gpg');
});

test('reads which sources have priorities, and names lines that give none', async () => {
  const DIB_APT_SOURCES_CONF = 'vendor:deb http://v.example/ vendor main';

  const read = await setup({ DIB_APT_SOURCES_CONF, DIB_APT_PINS: 'vendor 1050' });

  expect(read?.pins?.map(({ source, priority }) => [source.suite, priority])).toEqual([['vendor', 1050]]);
  await expect(setup({ DIB_APT_SOURCES_CONF, DIB_APT_PINS: 'other 7\nvendor high' })).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    details: { issues: [{ message: '"other 7" pins no source' }, { message: '"vendor high" pins no source' }] },
  });
});
