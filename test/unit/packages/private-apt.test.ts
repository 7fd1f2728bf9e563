import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IndexIdentity, indexIdentity } from '../../../src/packages/index-identity.ts';
import { type PackageFile, type PrivateApt, withPrivateApt } from '../../../src/packages/private-apt.ts';
import {
  type AptRepository,
  aptRepository,
  makeKey,
  RELEASE_DATE,
  type TestPackage,
} from '../../support/apt-repository.ts';
import { folderTree } from '../../support/folder-tree.ts';

const PACKAGES: readonly TestPackage[] = [
  { name: 'base', fields: { Essential: 'yes', Priority: 'required' } },
  { name: 'tools', fields: { Priority: 'required', Depends: 'lib' } },
  { name: 'lib', fields: { Priority: 'important' } },
  { name: 'app', version: '1:2-3', fields: { Depends: 'service' } },
  { name: 'server', fields: { Provides: 'service (= 2), web', Conflicts: 'enemy' } },
  { name: 'enemy' },
];

let repository: AptRepository;
beforeAll(async () => {
  repository = await aptRepository(PACKAGES);
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
});

interface Asked {
  readonly imageCache: string;
  readonly packages?: readonly string[];
  readonly keyring?: string;
  readonly isOffline?: boolean;
  readonly identity?: IndexIdentity;
  readonly suite?: string;
}

async function resolve({
  imageCache,
  packages = ['app'],
  isOffline = false,
  ...asked
}: Asked): Promise<readonly PackageFile[]> {
  const sources = [{ ...repository.source, suite: asked.suite ?? 'stable' }];
  const common = { imageCache, sources, env: {} };
  const identity = asked.identity ?? (await indexIdentity({ ...common, isOffline }));
  const keyrings = [asked.keyring ?? repository.keyring];
  return await withPrivateApt({ ...common, arch: 'amd64', keyrings }, async (apt) => {
    await apt.update(identity, isOffline);
    return await apt.resolve(packages);
  });
}

test.each([
  { suite: 'stable-updates', choices: 'The mirror has: stable, stable-security.' },
  { suite: 'stabel', choices: 'The mirror has: oldstable, stable.' },
])('names the suites that may have been meant by $suite', async ({ suite, choices }) => {
  await using cache = await folderTree();
  await using other = await aptRepository(PACKAGES);
  for (const name of ['stable-security', 'oldstable']) await mkdir(join(other.folder, 'dists', name));
  const sources = [{ ...other.source, suite }];

  await expect(indexIdentity({ sources, imageCache: cache.path, isOffline: false, env: {} })).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: `${other.server.url}/dists/${suite}/InRelease does not exist`,
    details: { hint: expect.stringContaining(choices) },
  });
});

test('has no choices where the mirror shows no list of its suites', async () => {
  await using cache = await folderTree();
  await using other = await aptRepository(PACKAGES);
  other.server.keepFailing('/dists/', { kind: 'status', status: 403 });
  const sources = [{ ...other.source, suite: 'nowhere' }];

  await expect(indexIdentity({ sources, imageCache: cache.path, isOffline: false, env: {} })).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    details: { hint: expect.not.stringContaining('The mirror has') },
  });
});

test('resolves packages with all that they need to files with digests', async () => {
  await using cache = await folderTree();

  const files = await resolve({ imageCache: cache.path });

  expect(files.map(({ fileName }) => fileName).sort()).toEqual(['app_1%3a2-3_amd64.deb', 'server_1.0_amd64.deb']);
  expect(files[0]).toMatchObject({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/pool\/(app|server)_/),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('does not fetch the index again while the repository stays as it is, and fetches it when it changes', async () => {
  await using cache = await folderTree();
  await using own = await aptRepository([{ name: 'a' }]);
  const common = { imageCache: cache.path, sources: [own.source], env: {} };
  const resolved: string[] = [];
  const build = async () => {
    const identity = await indexIdentity({ ...common, isOffline: false });
    await withPrivateApt({ ...common, arch: 'amd64', keyrings: [own.keyring] }, async (apt) => {
      await apt.update(identity, false);
      resolved.push(...(await apt.resolve(['a'])).map(({ fileName }) => fileName));
    });
    return identity;
  };
  const fetches = () => own.server.requests.flatMap(({ path }) => /Packages.*/.exec(path)?.[0] ?? []);

  const first = await build();
  const second = await build();
  const fetchesBefore = fetches();
  await own.publish([{ name: 'a', version: '2' }], new Date('2026-03-05T00:00:00Z'));
  const third = await build();

  expect(fetchesBefore).toEqual(['Packages.gz']);
  expect(fetches()).toEqual(['Packages.gz', 'Packages.gz']);
  expect(resolved).toEqual(['a_1.0_amd64.deb', 'a_1.0_amd64.deb', 'a_2_amd64.deb']);
  expect(second).toEqual(first);
  expect(third.digest).not.toBe(first.digest);
  expect([first.epoch, third.epoch]).toEqual([RELEASE_DATE.getTime() / 1000, Date.UTC(2026, 2, 5) / 1000]);
});

test('works offline from the index of the last build', async () => {
  await using cache = await folderTree();
  await resolve({ imageCache: cache.path });
  const requests = repository.server.requests.length;

  const files = await resolve({ imageCache: cache.path, isOffline: true });

  expect(files).toHaveLength(2);
  expect(repository.server.requests).toHaveLength(requests);
});

test('says that nothing is kept for a build offline', async () => {
  await using cache = await folderTree();

  await expect(resolve({ imageCache: cache.path, isOffline: true })).rejects.toMatchObject({
    code: 'OFFLINE_MISS',
    message: expect.stringContaining(`${repository.source.uri}/ stable`),
  });
});

test('refuses an index that another key has signed', async () => {
  await using cache = await folderTree({ 'keys/': '' });
  const { keyring } = await makeKey(join(cache.path, 'keys'));

  await expect(resolve({ imageCache: cache.path, keyring })).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
    details: expect.objectContaining({ hint: expect.stringContaining('DIB_APT_KEYRING') }),
  });
});

test('refuses an index that was changed after it was signed', async () => {
  await using cache = await folderTree();
  await using own = await aptRepository([{ name: 'a' }]);
  const common = { imageCache: cache.path, sources: [own.source], env: {} };
  const identity = await indexIdentity({ ...common, isOffline: false });
  own.server.fail(
    '/Packages.gz',
    ...Array.from({ length: 9 }, () => ({ kind: 'replace', content: 'Package: evil\n' }) as const),
  );

  const updated = withPrivateApt({ ...common, arch: 'amd64', keyrings: [own.keyring] }, async (apt) => {
    await apt.update(identity, false);
  });

  await expect(updated).rejects.toMatchObject({
    code: 'DIGEST_MISMATCH',
    message: expect.stringContaining('/Packages'),
  });
});

test.each([
  [['nonsense'], 'PACKAGE_UNKNOWN', 'No package source has the package nonsense'],
  [['app', 'enemy'], 'PACKAGES_UNRESOLVABLE', 'cannot be installed together'],
])('explains why %j cannot be resolved', async (packages, code, message) => {
  await using cache = await folderTree();

  await expect(resolve({ imageCache: cache.path, packages })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test('names the address of a release that does not exist', async () => {
  await using cache = await folderTree();

  await expect(resolve({ imageCache: cache.path, suite: 'bookwurm' })).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining('/dists/bookwurm/InRelease does not exist'),
  });
});

test('lets two builds use one index at the same time', async () => {
  await using cache = await folderTree();

  const [one, other] = await Promise.all([resolve({ imageCache: cache.path }), resolve({ imageCache: cache.path })]);

  expect(one).toEqual(other);
  expect(one).toHaveLength(2);
});

test('knows which names packages have or provide', async () => {
  await using cache = await folderTree();
  const wanted = ['app', 'service', 'web', 'nonsense', 'ap', 'pp', 'a.p', 'we', '(app', 'app=1.0'];
  const look = async () => await ask(cache.path, async (apt) => [...(await apt.known(wanted))]);

  expect(await look()).toEqual(['app', 'service', 'web']);
  expect(await look()).toEqual(['app', 'service', 'web']);
});

test.each([
  { component: undefined, base: { required: ['base', 'tools'], important: ['lib'] } },
  { component: 'main', base: { required: ['base', 'tools'], important: ['lib'] } },
  { component: 'universe', base: { required: [], important: [] } },
])('knows what a minimal system of one source has, in component $component', async ({ component, base }) => {
  await using cache = await folderTree();
  await using other = await aptRepository([{ name: 'agent', fields: { Priority: 'required' } }]);

  const found = await ask(cache.path, async (apt) => await apt.base(repository.source, component), other);

  expect(found).toEqual(base);
});

/** Asks the apt of the repository, and of another one whose suite and component have the same names. */
async function ask<T>(imageCache: string, work: (apt: PrivateApt) => Promise<T>, other?: AptRepository): Promise<T> {
  const all = other === undefined ? [repository] : [other, repository];
  const common = { imageCache, sources: all.map(({ source }) => source), env: {} };
  const identity = await indexIdentity({ ...common, isOffline: false });
  const keyrings = all.map(({ keyring }) => keyring);
  return await withPrivateApt({ ...common, arch: 'amd64', keyrings }, async (apt) => {
    await apt.update(identity, false);
    return await work(apt);
  });
}
