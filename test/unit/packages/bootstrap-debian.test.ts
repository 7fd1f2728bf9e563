import { lstat, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { type BootstrapOptions, bootstrapDebian } from '../../../src/packages/bootstrap-debian.ts';
import { answerBootstrapDebian } from '../../../src/packages/package-requests.ts';
import { type AptRepository, aptRepository, type TestPackage } from '../../support/apt-repository.ts';
import { folderTree } from '../../support/folder-tree.ts';

const BASE: readonly TestPackage[] = [
  { name: 'base-files', fields: { Essential: 'yes', Priority: 'required' } },
  { name: 'apt', files: { 'usr/share/doc/apt/copyright': 'c' } },
];

function options(repository: AptRepository, folder: string, more: Partial<BootstrapOptions> = {}): BootstrapOptions {
  return {
    tree: join(folder, 'tree'),
    imageCache: join(folder, 'cache'),
    arch: 'amd64',
    main: repository.source,
    moreSources: [],
    keyrings: [repository.keyring],
    include: [],
    exclude: [],
    declared: [],
    isOffline: false,
    env: {},
    emit: () => {},
    ...more,
  };
}

test('refuses a tree that has something in it', async () => {
  await using repository = await aptRepository(BASE);
  await using folder = await folderTree({ 'tree/etc/hostname': 'other' });

  await expect(bootstrapDebian(options(repository, folder.path))).rejects.toMatchObject({
    code: 'BOOTSTRAP_FAILED',
    message: expect.stringContaining('is not empty: it has etc'),
  });
});

test('writes nothing into the tree when a package is unknown', async () => {
  await using repository = await aptRepository(BASE);
  await using folder = await folderTree({ 'tree/': '' });

  const made = bootstrapDebian(options(repository, folder.path, { include: ['nonsense'] }));

  await expect(made).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN', message: expect.stringContaining('nonsense') });
  expect(await readdir(join(folder.path, 'tree'))).toEqual([]);
});

test('names all needed packages that no source has, before anything is fetched', async () => {
  await using repository = await aptRepository(BASE);
  await using folder = await folderTree({ 'tree/': '' });
  const wishes = { declared: ['apt', 'agent', 'vim'], needed: ['apt', 'agent', 'vim'] };

  await expect(bootstrapDebian(options(repository, folder.path, wishes))).rejects.toMatchObject({
    code: 'PACKAGE_UNKNOWN',
    message: 'No package source has the packages agent, vim',
  });
  expect(repository.server.requests.filter(({ path }) => path.startsWith('/pool/'))).toEqual([]);
});

test('fetches declared packages ahead, and only warns of those that are unknown', async () => {
  await using repository = await aptRepository([
    ...BASE,
    { name: 'later', fields: { Depends: 'its-lib' } },
    { name: 'its-lib' },
  ]);
  await using folder = await folderTree({ 'tree/': '' });
  const events: BuildEventBody[] = [];
  const wishes = { declared: ['later', 'nonsense'], emit: (event: BuildEventBody) => events.push(event) };

  // The tree has no shell, so that installing fails after everything was fetched.
  await expect(bootstrapDebian(options(repository, folder.path, wishes))).rejects.toMatchObject({
    code: 'BOOTSTRAP_FAILED',
  });

  const fetched = repository.server.requests.map(({ path }) => path).filter((path) => path.startsWith('/pool/'));
  expect(fetched.sort()).toEqual(
    BASE.map(({ name }) => name)
      .concat('its-lib', 'later')
      .map((name) => `/pool/${name}_1.0_amd64.deb`)
      .sort(),
  );
  expect(events).toContainEqual({ kind: 'message', level: 'warning', text: 'No package source has: nonsense' });
});

test.each([
  { variant: 'minbase', extra: [] },
  { variant: 'important', extra: ['udev'] },
] as const)('takes of $variant what debootstrap takes, of the main source alone', async ({ variant, extra }) => {
  await using repository = await aptRepository([
    ...BASE,
    { name: 'udev', fields: { Priority: 'important' } },
    { name: 'vim', fields: { Priority: 'optional' } },
  ]);
  await using vendor = await aptRepository([
    { name: 'agent', fields: { Priority: 'important' } },
    { name: 'registrar', fields: { Priority: 'required' } },
    { name: 'licence', fields: { Essential: 'yes' } },
  ]);
  await using folder = await folderTree({ 'tree/': '' });
  const moreSources = [{ ...vendor.source, options: `signed-by=${vendor.keyring}` }];

  // The tree has no shell, so that installing fails after everything was fetched.
  await expect(bootstrapDebian(options(repository, folder.path, { variant, moreSources }))).rejects.toMatchObject({
    code: 'BOOTSTRAP_FAILED',
  });

  const fetched = repository.server.requests.flatMap(({ path }) => /^\/pool\/([^_]*)_/.exec(path)?.[1] ?? []);
  expect(fetched.sort()).toEqual([...BASE.map(({ name }) => name), ...extra].sort());
  expect(vendor.server.requests.filter(({ path }) => path.startsWith('/pool/'))).toEqual([]);
});

test('reaches a source that wants a password, by credentials that its address does not show', async () => {
  await using repository = await aptRepository(BASE, { login: 'ann:sea-shell' });
  await using folder = await folderTree({ 'tree/': '' });
  const credentials = [{ address: repository.server.url, user: 'ann', password: 'sea-shell' }];
  const names = () => repository.server.requests.flatMap(({ path }) => /^\/pool\/([^_]*)_/.exec(path)?.[1] ?? []);

  const refused = bootstrapDebian(options(repository, folder.path, {}));
  await expect(refused).rejects.toMatchObject({ code: 'FETCH_FAILED', message: expect.stringContaining('401') });
  // The tree has no shell, so that installing fails after everything was fetched.
  const reached = bootstrapDebian(options(repository, folder.path, { credentials }));
  await expect(reached).rejects.toMatchObject({ code: 'BOOTSTRAP_FAILED' });

  expect(names().sort()).toEqual(BASE.map(({ name }) => name).sort());
  const { stdout } = await run('grep', ['--recursive', '--files-with-matches', 'sea', folder.path]);
  const files = stdout.trimEnd().split('\n');
  expect(files).toEqual([expect.stringMatching(/\/ingot\/apt\/[0-9a-f]+\/etc\/auth\.conf$/)]);
  expect((await stat(files[0] ?? '')).mode & 0o077).toBe(0);
});

test('says which architecture a source does not have', async () => {
  await using repository = await aptRepository([{ name: 'apt', fields: { Architecture: 'all' } }]);
  await using folder = await folderTree({ 'tree/': '' });

  await expect(bootstrapDebian(options(repository, folder.path))).rejects.toMatchObject({
    code: 'PACKAGES_UNRESOLVABLE',
    message: expect.stringContaining('has no packages for amd64'),
  });
});

test.each([
  { release: 'stable', isSplit: false },
  { release: 'trusty', isSplit: true },
])('makes /bin of $release a folder of its own: $isSplit', async ({ release, isSplit }) => {
  await using repository = await aptRepository([
    { name: 'base-files', fields: { Essential: 'yes', Priority: 'required' }, files: { 'bin/tool': 'exec:#!/bin/sh' } },
    { name: 'apt' },
    { name: 'usr-is-merged' },
  ]);
  await using folder = await folderTree({ 'tree/': '' });
  await symlink('stable', join(repository.folder, 'dists', release)).catch(() => {});
  const main = { ...repository.source, suite: release };

  // The tree has no shell, so that installing fails after it was unpacked.
  await expect(bootstrapDebian(options(repository, folder.path, { main }))).rejects.toMatchObject({
    code: 'BOOTSTRAP_FAILED',
  });

  expect((await lstat(join(folder.path, 'tree/bin'))).isDirectory()).toBe(isSplit);
  expect((await lstat(join(folder.path, 'tree/bin/tool'))).isFile()).toBe(true);
  const asked = repository.server.requests.some(({ path }) => path.includes('usr-is-merged'));
  expect(asked).toBe(!isSplit);
});

test('tells a hook which variables are missing', async () => {
  const call = { args: ['/tree'], input: '', env: { DISTRO_NAME: 'debian' } };
  const context = { imageCache: '/nowhere', isOffline: false, declaredPackages: async () => [], emit: () => {} };

  await expect(answerBootstrapDebian(call, context)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    details: { hint: expect.stringContaining('DIB_DISTRIBUTION_MIRROR') },
  });
});

test.each([[[]], [['/a', '/b']], [['--incldue=x', '/a']], [['--variant=huge', '/a']]])(
  'refuses the words %j',
  async (args) => {
    const context = { imageCache: '/nowhere', isOffline: false, declaredPackages: async () => [], emit: () => {} };

    await expect(answerBootstrapDebian({ args, input: '', env: {} }, context)).rejects.toMatchObject({ code: 'USAGE' });
  },
);
