import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { fetchRpms, rpmState } from '../../../src/packages/private-dnf.ts';
import type { RpmSetup } from '../../../src/packages/rpm-setup.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { type RpmRepositories, rpmRepositories } from '../../support/rpm-repository.ts';

let repositories: RpmRepositories;

beforeAll(async () => {
  repositories = await rpmRepositories();
  const packages = [
    { name: 'app', header: ['Requires: library'] },
    { name: 'library' },
    { name: 'lonely', header: ['Requires: nothing-has-this'] },
    { name: 'bare', signature: 'none' },
    { name: 'foreign', signature: 'other' },
  ] as const;
  await repositories.publish('all', await repositories.build(packages));
});

afterAll(async () => await repositories[Symbol.asyncDispose]());

/** A machine with an empty cache, and what it asks the repository with. */
async function machine(lines: Readonly<Record<string, string>> = {}) {
  const folder = await folderTree();
  const { url } = repositories.server;
  const own = { baseurl: `${url}/all`, gpgkey: `${url}/RPM-GPG-KEY-tests`, ...lines };
  const text = ['[all]', 'name=all', ...Object.entries(own).map(([name, value]) => `${name}=${value}`), ''].join('\n');
  const setup: RpmSetup = {
    architecture: 'x86_64',
    release: '9',
    platform: undefined,
    repositories: { 'all.repo': text },
  };
  const events: BuildEventBody[] = [];
  const options = {
    setup,
    cache: join(folder.path, 'cache'),
    isOffline: false,
    env: { PATH: process.env.PATH ?? '' },
    emit: (event: BuildEventBody) => void events.push(event),
  };
  return { options, events, [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose]() };
}

describe('dnf of the machine', () => {
  test('fetches packages with what they need, says so, and has them offline the next time', async () => {
    await using here = await machine();

    const files = await fetchRpms(['app'], here.options);
    const asked = repositories.server.requests.length;
    const again = await fetchRpms(['app'], { ...here.options, isOffline: true });

    expect(files.map((file) => basename(file))).toEqual(['app-1.0.rpm', 'library-1.0.rpm']);
    expect(here.events.at(-1)).toMatchObject({ kind: 'fetch-progress', subject: 'packages' });
    expect(again).toEqual(files);
    expect(repositories.server.requests.slice(asked)).toEqual([]);
  });

  test('tells the state of repositories, which changes with their packages', async () => {
    await using here = await machine({ baseurl: `${repositories.server.url}/some` });
    const [app = '', library = ''] = await repositories.build([{ name: 'app' }, { name: 'library' }]);
    await repositories.publish('some', [app]);

    const first = await rpmState(here.options);
    const same = await rpmState(here.options);
    // As young as a file can be, the index in the cache is still not taken for the newest.
    await run('find', [here.options.cache, '-type', 'f', '-exec', 'touch', '--date', 'next hour', '{}', '+']);
    await repositories.publish('some', [app, library]);
    const later = await rpmState(here.options);

    expect(same).toEqual(first);
    expect(later.digest).not.toBe(first.digest);
    expect(later.epoch).toBeGreaterThanOrEqual(first.epoch);
    expect(first.epoch).toBeGreaterThan(1_700_000_000);
  });

  test('finds a mirror by its list of mirrors', async () => {
    const { url, folder } = { ...repositories.server, folder: repositories.folder };
    await writeFile(join(folder, 'mirrors'), `${url}/all\n`);
    await using here = await machine({ mirrorlist: `${url}/mirrors?release=9`, baseurl: '' });

    const files = await fetchRpms(['library'], here.options);

    expect(files.map((file) => basename(file))).toEqual(['library-1.0.rpm']);
  });

  test.each([
    ['bare', 'SIGNATURE_INVALID', /A package is not signed by a key of its repository: .*bare-1\.0\.rpm/],
    ['foreign', 'SIGNATURE_INVALID', /A package is not signed by a key of its repository: .*foreign-1\.0\.rpm/],
    ['nonsense', 'PACKAGE_UNKNOWN', /No repository has these packages: nonsense/],
    ['lonely', 'PACKAGES_UNRESOLVABLE', /nothing provides nothing-has-this needed by lonely/],
  ])('refuses %s with the code %s', async (name, code, message) => {
    await using here = await machine();

    const outcome = fetchRpms([name], here.options);

    await expect(outcome).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('takes an unsigned package where the repository says gpgcheck=0', async () => {
    await using here = await machine({ gpgcheck: '0' });

    const files = await fetchRpms(['bare'], here.options);

    expect(files.map((file) => basename(file))).toEqual(['bare-1.0.rpm']);
  });

  test.each([
    ['a key that is not there', { gpgkey: 'file:///nowhere/key' }, 'SIGNATURE_INVALID', /\/nowhere\/key/],
    ['a repository that is not there', { baseurl: 'http://127.0.0.1:9/x' }, 'FETCH_FAILED', /127\.0\.0\.1:9\/x/],
    ['a repository that is switched off', { enabled: '0' }, 'DEFINITION_INVALID', /no repository that is enabled/],
  ])('names %s', async (_, lines, code, message) => {
    await using here = await machine(lines);

    const outcome = fetchRpms(['library'], here.options);

    await expect(outcome).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('refuses a package that is not what the index says', async () => {
    await using here = await machine();
    const { size } = await stat(join(repositories.folder, 'all/Packages/library-1.0.rpm'));
    const wrong = { kind: 'replace', content: 'x'.repeat(size) } as const;
    repositories.server.fail('library-1.0.rpm', ...Array.from({ length: 20 }, () => wrong));

    const outcome = fetchRpms(['library'], here.options);

    await expect(outcome).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining('library-1.0'),
    });
  });

  test('names what is missing offline', async () => {
    await using here = await machine();
    const offline = { ...here.options, isOffline: true };

    const withoutIndex = fetchRpms(['app'], offline);
    await expect(withoutIndex).rejects.toMatchObject({ code: 'OFFLINE_MISS' });
    await rpmState(here.options);
    const withoutPackages = fetchRpms(['app'], offline);

    await expect(withoutPackages).rejects.toMatchObject({
      code: 'OFFLINE_MISS',
      message: expect.stringContaining('library-1.0-1.x86_64'),
    });
  });
});
