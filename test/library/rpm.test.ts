import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';
import { centosPackages, opensusePackages } from '../support/rpm-os.ts';
import { type RpmRepositories, rpmRepositories } from '../support/rpm-repository.ts';

let repositories: RpmRepositories;
let centos: readonly string[];

beforeAll(async () => {
  repositories = await rpmRepositories();
  const key = await readFile(repositories.key, 'utf8');
  centos = await repositories.build(await centosPackages(repositories.server.url, key));
  await repositories.publish('9-stream/BaseOS/x86_64/os', centos);
  await repositories.publish('9-stream/AppStream/x86_64/os', []);
});

afterAll(async () => await repositories[Symbol.asyncDispose]());

/** Repository files in the form that mirrors of a CI have. @param path of the mirror below the server, with a slash at its end */
async function mirrorFiles(shop: Workshop, path = ''): Promise<string> {
  const folder = shop.at('mirror');
  await mkdir(folder, { recursive: true });
  const { url } = repositories.server;
  const section = (id: string, name: string) =>
    `[${id}]\nname=${id}\nbaseurl=${url}/${path}$releasever-stream/${name}/$basearch/os\ngpgkey=${url}/RPM-GPG-KEY-tests\n`;
  await writeFile(join(folder, 'dib-mirror-all.repo'), section('baseos', 'BaseOS') + section('appstream', 'AppStream'));
  return folder;
}

async function buildCentos(
  shop: Workshop,
  options: readonly string[] = [],
  elements: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = {},
) {
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), ...options, 'centos-minimal', ...elements];
  return await shop.command('disk-image-create', words, { env });
}

/** The root tree of the built image. */
async function unpackedTree(shop: Workshop): Promise<string> {
  const tree = shop.at('tree');
  await mkdir(tree);
  await run('tar', ['--extract', '--numeric-owner', '--file', shop.at('image.tar'), '--directory', tree]);
  return tree;
}

/** Files of packages that elements change: users of later packages, the settings of dnf and sudo. */
const CHANGED_BY_ELEMENTS = [
  'S.5....T.  c /etc/dnf/dnf.conf',
  'S.5....T.  c /etc/group',
  'S.5....T.  c /etc/gshadow',
  'S.5....T.  c /etc/passwd',
  'S.5....T.  c /etc/shadow',
  'S.5....T.  c /etc/sudoers',
];

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** Mode, owner and group as numbers. */
async function ownerOf(tree: string, path: string): Promise<string> {
  return (await run('stat', ['--format', '%a %u:%g', join(tree, path)])).stdout.trim();
}

/** Asks the rpm of this machine, which did not install anything. @returns its lines, sorted */
async function askRpm(tree: string, ...args: readonly string[]): Promise<readonly string[]> {
  const database = ['--root', tree, '--dbpath', '/usr/lib/sysimage/rpm'];
  const { stdout } = await run('rpm', [...database, ...args], { okStatuses: [0, 1] });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

test('makes the root of centos-minimal, as rpm of another system confirms; and the same one offline', async () => {
  await using shop = await workshop({
    'extra/install.d/50-more': hook('install-packages -e man-pages', 'dnf --assumeyes --cacheonly install gettext'),
    'extra/package-installs.yaml': 'hostname:\nlinux-firmware:\n  uninstall: true\n',
  });
  const env = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await mirrorFiles(shop) };

  const result = await buildCentos(shop, ['-p', 'linux-firmware,libaio1'], ['extra'], env);

  expect(result.status, said(result)).toBe(0);
  const tree = await unpackedTree(shop);
  const names = await askRpm(tree, '--query', '--all', '--queryformat', '%{NAME}\n');
  const wanted = ['basesystem', 'centos-stream-release', 'dnf', 'kernel', 'postfix', 'libaio', 'gettext', 'hostname'];
  expect(names).toEqual(expect.arrayContaining([...wanted, 'linux-firmware']));
  expect(names).not.toContain('man-pages');
  expect(await askRpm(tree, '--verify', '--all')).toEqual(CHANGED_BY_ELEMENTS);
  expect(await ownerOf(tree, 'etc/postfix/main.cf')).toBe('640 0:89');
  expect(await ownerOf(tree, 'var/spool/postfix')).toBe('750 89:0');
  expect(await ownerOf(tree, 'var/spool/mail')).toBe('775 0:12');
  expect(await ownerOf(tree, 'etc/shadow')).toBe('0 0:0');
  expect(await readdir(join(tree, 'etc/yum.repos.d'))).toEqual(['centos.repo']);
  expect(await readFile(join(tree, 'etc/dnf/dnf.conf'), 'utf8')).toContain('cachedir=/var/cache/dnf\n');
  expect(await readdir(join(tree, 'tmp'))).toEqual([]);

  const digest = await sha256(shop.at('image.tar'));
  await rm(shop.at('cache/ingot'), { recursive: true });
  const asked = repositories.server.requests.length;
  const offline = await buildCentos(shop, ['--offline', '-p', 'linux-firmware,libaio1'], ['extra'], env);

  expect(offline.status, said(offline)).toBe(0);
  expect(await sha256(shop.at('image.tar'))).toBe(digest);
  expect(repositories.server.requests.slice(asked)).toEqual([]);
});

test('tells by the rpm of the image which packages a tested element has', async () => {
  await using shop = await workshop({
    'tool/install.d/50-tool': hook('install-packages gettext'),
    'tool/test-elements/right/element-deps': 'centos-minimal\n',
    'tool/test-elements/right/assertions.yaml':
      'packages: {gettext: installed, bash: installed, libaio: absent, nobody-has-this: absent}\n',
    'tool/test-elements/wrong/element-deps': 'centos-minimal\n',
    'tool/test-elements/wrong/assertions.yaml':
      'packages:\n  gettext: absent\n  libaio: installed\n  bash: installed\n',
  });
  const env = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await mirrorFiles(shop) };

  const result = await shop.command('ingot', ['test', 'tool'], { env });

  expect(result.stdout, said(result)).toContain('1 passed, 1 failed\n');
  expect(result.stdout).toMatch(/^ok {6}tool\/right /m);
  expect(result.stdout).toMatch(/^FAILED {2}tool\/wrong /m);
  expect(result.stdout).toContain('2 of 3 assertions do not hold');
  expect(result.stdout).toContain('assertions.yaml:2:3: Package gettext: expected absent, found installed\n');
  expect(result.stdout).toContain('assertions.yaml:3:3: Package libaio: expected installed, found absent\n');
});

test('makes the root of opensuse-minimal, where zypper installs more', async () => {
  await using shop = await workshop({
    'extra/install.d/50-more': hook('install-packages -e openssl', 'install-packages lsof'),
  });
  await repositories.publish('distribution/leap/15.6/repo/oss', await repositories.build(await opensusePackages()));
  await repositories.publish('update/leap/15.6/oss', []);
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), 'opensuse-minimal', 'extra'];

  const result = await shop.command('disk-image-create', words, {
    env: { DIB_DISTRIBUTION_MIRROR: repositories.server.url },
  });

  expect(result.status, said(result)).toBe(0);
  const tree = await unpackedTree(shop);
  const names = await askRpm(tree, '--query', '--all', '--queryformat', '%{NAME}\n');
  const wanted = ['openSUSE-release', 'zypper', 'sudo', 'kernel-default', 'glibc-locale', 'lsof'];
  expect(names).toEqual(expect.arrayContaining(wanted));
  expect(names).not.toContain('openssl');
  expect(await askRpm(tree, '--verify', '--all')).toEqual([
    'S.5....T.    /etc/sysconfig/language',
    'S.5....T.  c /etc/login.defs',
    'S.5....T.  c /etc/zypp/zypp.conf',
  ]);
  expect(await readFile(join(tree, 'boot/initrd'), 'utf8')).toBe('mkinitrd -A -B\n');
  expect(await readFile(join(tree, 'etc/zypp/repos.d/repo-update.repo'), 'utf8')).toContain('autorefresh=1\n');
});

test('names the releases of openSUSE', async () => {
  await using shop = await workshop();
  const words = ['-n', '-t', 'tar', '-o', shop.at('image'), 'opensuse-minimal'];

  const result = await shop.command('disk-image-create', words, { env: { DIB_RELEASE: '12' } });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/openSUSE has no release "12": set DIB_RELEASE to one of Leap's 15\.x or to tumbleweed/);
  expect(said(result)).toContain('20-zypper-repositories.bash of element zypper-minimal');
});

test('makes the root anew when a repository changes, and not otherwise', async () => {
  await using shop = await workshop();
  const words = ['-n', '-t', 'tar', '-o', shop.at('image'), 'small'];
  await shop.write({
    'small/element-provides': 'operating-system\n',
    'small/environment.d/10-small': 'export YUM=dnf DISTRO_NAME=small DIB_RELEASE=1\n',
    'small/root.d/10-root': hook(
      'echo "RAN $INGOT_CHANNEL bootstrap-rpm" ; tar -C / -c usr/bin/true | tar -C "$TARGET_ROOT" -x',
    ),
  });
  await repositories.publish('changing', centos.slice(0, 1));
  const folder = shop.at('mirror');
  await mkdir(folder);
  await writeFile(join(folder, 'dib-mirror.repo'), `[all]\nname=all\nbaseurl=${repositories.server.url}/changing\n`);
  const build = async () =>
    await shop.command('disk-image-create', words, { env: { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: folder } });

  const first = await build();
  const same = await build();
  await repositories.publish('changing', centos.slice(0, 2));
  const changed = await build();

  expect(marked(first, 'RAN'), said(first)).toHaveLength(1);
  expect(marked(same, 'RAN'), said(same)).toEqual([]);
  expect(marked(changed, 'RAN'), said(changed)).toHaveLength(1);
});

test('names the element whose packages are not signed by the key of their repository', async () => {
  await using shop = await workshop();
  const [stray = ''] = await repositories.build([{ name: 'passwd', version: '9.0', signature: 'other' }]);
  await repositories.publish('odd/9-stream/BaseOS/x86_64/os', [...centos, stray]);
  const mirror = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await mirrorFiles(shop, 'odd/') };
  await repositories.publish('odd/9-stream/AppStream/x86_64/os', []);

  const result = await buildCentos(shop, [], [], mirror);

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/code +SIGNATURE_INVALID/);
  expect(said(result)).toMatch(/element +yum-minimal/);
  expect(said(result)).toContain('passwd-9.0');
});

test('names the releases that there are', async () => {
  await using shop = await workshop();

  const result = await buildCentos(shop, [], [], { DIB_RELEASE: '7', DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: undefined });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('There are no repositories for release "7" of centos');
  expect(said(result)).toContain('Set DIB_RELEASE to one of 9-stream, 10-stream');
});

test('names the repository that cannot be reached', async () => {
  await using shop = await workshop();
  const mirror = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await mirrorFiles(shop, 'nowhere/') };

  const result = await buildCentos(shop, [], [], mirror);

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/code +FETCH_FAILED/);
  expect(said(result)).toContain(`${repositories.server.url}/nowhere/9-stream/BaseOS/x86_64/os`);
});
