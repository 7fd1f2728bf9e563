import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { aptRepository } from '../support/apt-repository.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';

/** An element whose root has an install-packages that says what it is asked for. */
const TREE_PROGRAM = {
  'pm/root.d/20-program': hook('cp "$TMP_HOOKS_PATH/programs/install-packages" "$TARGET_ROOT/usr/bin/"'),
};
const SAYS = { ...TREE_PROGRAM, 'pm/programs/install-packages': hook('echo "RAN install-packages $*"') };
const FAILS = { ...TREE_PROGRAM, 'pm/programs/install-packages': hook('echo "no such package: $*"', 'exit 100') };

test('installs the packages of -p once, after install.d and before post-install.d', {
  tags: ['cli.packages', 'phases.packages'],
}, async () => {
  await using shop = await workshop({
    ...SAYS,
    'pm/install.d/99-last': hook('echo "RAN install.d"'),
    'pm/post-install.d/00-first': hook('echo "RAN post-install.d"'),
  });

  const result = await shop.build({ elements: ['pm'], options: ['-p', 'tree,less', '-p', 'vim'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['install.d', 'install-packages tree less vim', 'post-install.d']);
});

test('installs nothing without -p', async () => {
  await using shop = await workshop(SAYS);

  const result = await shop.build({ elements: ['pm'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual([]);
});

test('ends with the status of install-packages and names the packages', async () => {
  await using shop = await workshop(FAILS);

  const result = await shop.build({ elements: ['pm'], options: ['-p', 'nonsense'] });

  expect(result.status).toBe(100);
  expect(said(result)).toContain('Installing the packages nonsense ended with status 100');
  expect(said(result)).toContain('| no such package: nonsense');
});

test('lends apt in the tree the package lists beside those it has, and none where only the elements know the keys', async () => {
  await using repository = await aptRepository([{ name: 'app' }]);
  await using shop = await workshop({
    'deb/environment.d/10-deb': `export DISTRO_NAME=debian DIB_RELEASE=stable DIB_DISTRIBUTION_MIRROR=${repository.source.uri}\n`,
    'deb/root.d/50-dpkg': hook(
      'mkdir -p "$TARGET_ROOT/var/lib/dpkg" "$TARGET_ROOT/var/lib/apt/lists"',
      'touch "$TARGET_ROOT/var/lib/apt/lists/own_Packages"',
    ),
    'deb/install.d/50-look': hook('basename -a /var/lib/apt/lists/*_Packages | sed "s/^/LISTS /"'),
  });
  const build = async (keyring: string) =>
    await shop.build({ elements: ['deb'], options: ['-a', 'amd64'], env: { DIB_APT_KEYRING: keyring } });

  const unknown = await build('/nowhere/keys.gpg');
  const known = await build(repository.keyring);

  expect(unknown.status, said(unknown)).toBe(0);
  expect(marked(unknown, 'LISTS')).toEqual(['own_Packages']);
  expect(known.status, said(known)).toBe(0);
  expect(marked(known, 'LISTS')).toEqual([expect.stringMatching(/^127\.0\.0\.1:.*_Packages$/), 'own_Packages']);
});

test('keeps what apt in the tree made of the package lists for the next build', async () => {
  const cleanUp = await readFile(new URL('../../elements/dpkg/finalise.d/99-clean-up-cache', import.meta.url), 'utf8');
  await using repository = await aptRepository([{ name: 'app' }]);
  await using shop = await workshop({
    'deb/environment.d/10-deb': `export DISTRO_NAME=debian DIB_RELEASE=stable DIB_DISTRIBUTION_MIRROR=${repository.source.uri}\n`,
    'deb/root.d/50-dpkg': hook('mkdir -p "$TARGET_ROOT/var/lib/dpkg"'),
    'deb/install.d/50-parse': hook(
      'mkdir -p /var/cache/apt/archives && touch /var/cache/apt/archives/app.deb',
      'cat /var/cache/apt/srcpkgcache.bin 2>/dev/null || true',
      'echo "RAN in $ROUND" | tee /var/cache/apt/srcpkgcache.bin',
    ),
    'deb/finalise.d/99-clean-up-cache': `exec:${cleanUp}`,
  });
  const build = async (round: string) =>
    await shop.build({ elements: ['deb'], env: { DIB_APT_KEYRING: repository.keyring, ROUND: round } });

  const first = await build('one');
  const second = await build('two');

  expect(marked(first, 'RAN'), said(first)).toEqual(['in one']);
  expect(marked(second, 'RAN'), said(second)).toEqual(['in one', 'in two']);
  expect(await shop.names()).not.toContain('var/cache/apt/archives/app.deb');
});

test('apt in the tree works out once what it would do, until its packages, settings or lists are others', async () => {
  const program = await readFile(new URL('../../elements/dpkg/bin/install-packages', import.meta.url), 'utf8');
  await using repository = await aptRepository([{ name: 'app' }]);
  await using shop = await workshop({
    'deb/environment.d/10-deb': `export DISTRO_NAME=debian DIB_RELEASE=stable DIB_DISTRIBUTION_MIRROR=${repository.source.uri}\n`,
    'deb/root.d/50-dpkg': hook(
      'cd "$TARGET_ROOT" && mkdir -p etc/apt var/lib/dpkg var/lib/apt && touch var/lib/dpkg/status var/lib/apt/extended_states',
      'cp "$TMP_HOOKS_PATH/programs/"* usr/bin/',
    ),
    'deb/programs/install-packages': `exec:${program}`,
    'deb/programs/dpkg': hook('echo amd64'),
    'deb/programs/apt-get': hook('echo "ASKED ${*: -1}" >&2', 'echo "0 upgraded, 0 newly installed, $ROUND"'),
    'deb/install.d/50-install': hook(
      'install-packages app | sed "s/^/PLAN /"',
      'install-packages app',
      'install-packages other',
      'echo "Package: lib" >>/var/lib/dpkg/status && install-packages app',
      'echo "APT::Install-Recommends no;" >/etc/apt/apt.conf && install-packages app',
      'touch /var/lib/apt/lists/own_Packages && install-packages app',
    ),
  });
  const build = async (round: string) =>
    await shop.build({ elements: ['deb'], env: { DIB_APT_KEYRING: repository.keyring, ROUND: round } });

  const first = await build('one');
  const second = await build('two');
  await repository.publish([{ name: 'app' }, { name: 'new' }], new Date('2026-04-05T06:07:08Z'));
  const third = await build('three');

  expect(marked(first, 'ASKED'), said(first)).toEqual(['app', 'other', 'app', 'app', 'app']);
  expect(marked(first, 'PLAN')).toEqual(['0 upgraded, 0 newly installed, one']);
  expect(marked(second, 'ASKED'), said(second)).toEqual(['app']);
  expect(marked(second, 'PLAN')).toEqual(['0 upgraded, 0 newly installed, one']);
  expect(marked(third, 'PLAN'), said(third)).toEqual(['0 upgraded, 0 newly installed, three']);
});
