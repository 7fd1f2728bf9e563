import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { keepAptFolders, prepareAptFolders } from '../../../src/packages/apt-folders.ts';
import { indexIdentity } from '../../../src/packages/index-identity.ts';
import { type AptRepository, aptRepository } from '../../support/apt-repository.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

async function optionsOf(repository: AptRepository, cache: FolderTree, build: string) {
  await cache.write({ [`${build}/lists/`]: '', [`${build}/cache/`]: '' });
  const sources = [repository.source];
  const common = { imageCache: cache.path, isOffline: false, env: {} };
  const setup = { arch: 'amd64', main: repository.source, sources, keyrings: [repository.keyring] };
  const folders = { lists: join(cache.path, build, 'lists'), cache: join(cache.path, build, 'cache') };
  return { ...common, setup, folders, identity: await indexIdentity({ ...common, sources }) };
}

/** What apt inside a tree sees: the folders under their usual names, and a source without ingot's keyring. */
async function aptInTree(repository: AptRepository, folders: { lists: string; cache: string }, ...args: string[]) {
  await using etc = await folderTree({
    'sources.list': `deb ${repository.source.uri} stable main\n`,
    'state/status': '',
  });
  const settings = {
    'Dir::Etc': etc.path,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': join(etc.path, 'state'),
    'Dir::State::status': join(etc.path, 'state/status'),
    'Dir::State::lists': folders.lists,
    'Dir::Cache': folders.cache,
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return await run('apt-get', [...options, ...args], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', APT_CONFIG: '/dev/null' },
  });
}

test('lets apt in the tree resolve packages without fetching lists', async () => {
  await using repository = await aptRepository([{ name: 'app', fields: { Depends: 'lib' } }, { name: 'lib' }]);
  await using cache = await folderTree();
  const options = await optionsOf(repository, cache, 'build');

  await prepareAptFolders(options);
  const { stdout } = await aptInTree(repository, options.folders, '-qq', '--print-uris', 'install', 'app');

  expect(stdout).toContain('/pool/app_1.0_amd64.deb');
  expect(stdout).toContain('/pool/lib_1.0_amd64.deb');
  expect(await readFile(join(options.folders.lists, 'ingot-sources'), 'utf8')).toBe(
    `deb ${repository.source.uri} stable main\n`,
  );
});

test('keeps what apt in the tree has parsed for the next build', async () => {
  await using repository = await aptRepository([{ name: 'app' }]);
  await using cache = await folderTree();
  const first = await optionsOf(repository, cache, 'first');
  const given = await prepareAptFolders(first);
  await writeFile(join(first.folders.cache, 'srcpkgcache.bin'), 'parsed');

  await keepAptFolders(first, given);
  const second = await optionsOf(repository, cache, 'second');
  await prepareAptFolders(second);

  expect(await readFile(join(second.folders.cache, 'srcpkgcache.bin'), 'utf8')).toBe('parsed');
  expect(await readdir(second.folders.cache)).toContain('archives');
});

test('keeps what apt has parsed only where it differs from what it was given', async () => {
  await using repository = await aptRepository([{ name: 'app' }]);
  await using cache = await folderTree();
  const first = await optionsOf(repository, cache, 'first');
  const nothing = await prepareAptFolders(first);
  await writeFile(join(first.folders.cache, 'srcpkgcache.bin'), 'first');
  await keepAptFolders(first, nothing);
  const kept = await keptIndex(cache);
  const before = await stat(kept);
  const second = await optionsOf(repository, cache, 'second');
  const given = await prepareAptFolders(second);

  await keepAptFolders(second, given);
  expect((await stat(kept)).ino).toBe(before.ino);

  await writeFile(join(second.folders.cache, 'srcpkgcache.bin'), 'again');
  await keepAptFolders(second, given);
  expect(await readFile(kept, 'utf8')).toBe('again');
});

test('keeps plans that were made, also where apt has parsed nothing', async () => {
  await using repository = await aptRepository([{ name: 'app' }]);
  await using cache = await folderTree();
  const [first, second] = [await optionsOf(repository, cache, 'first'), await optionsOf(repository, cache, 'second')];
  const given = await prepareAptFolders(first);
  const plan = join('ingot-plans', 'a'.repeat(64));
  await writeFile(join(first.folders.cache, plan), 'plan');
  await writeFile(join(first.folders.cache, 'ingot-plans/part'), 'half a pl');

  await keepAptFolders(first, given);
  await prepareAptFolders(second);

  expect(await readFile(join(second.folders.cache, plan), 'utf8')).toBe('plan');
  expect(await readdir(join(second.folders.cache, 'ingot-plans'))).toEqual(['a'.repeat(64)]);
});

/** Path of the parsed index that builds with this cache hand on. */
async function keptIndex(cache: FolderTree): Promise<string> {
  const folder = join(cache.path, 'ingot/apt');
  const [name = ''] = (await readdir(folder)).filter((one) => one !== 'releases');
  return join(folder, name, 'in-tree/srcpkgcache.bin');
}

test('gives each build the same lists with their times, which tell apt that nothing changed', async () => {
  await using repository = await aptRepository([{ name: 'app' }]);
  await using cache = await folderTree();
  const [first, second] = [await optionsOf(repository, cache, 'first'), await optionsOf(repository, cache, 'second')];

  await prepareAptFolders(first);
  await prepareAptFolders(second);

  const names = (await readdir(first.folders.lists)).filter((name) => name.endsWith('_Packages'));
  expect(names).toHaveLength(1);
  for (const name of names) {
    const times = await Promise.all(
      [first, second].map(async ({ folders }) => (await stat(join(folders.lists, name))).mtimeMs),
    );
    expect(times[0]).toBe(times[1]);
  }
});
