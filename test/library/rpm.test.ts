import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';
import { type RpmLab, rpmLab } from '../support/rpm-lab.ts';
import { centosMirror, mirrorFiles } from '../support/rpm-mirror.ts';
import { askRpm, packagesIn, unpackedTree } from '../support/rpm-tree.ts';

let lab: RpmLab;
let centos: readonly string[];

beforeAll(async () => {
  lab = await rpmLab();
  centos = await lab.publish('centos');
});

afterAll(async () => await lab[Symbol.asyncDispose]());

async function buildCentos(
  shop: Workshop,
  options: readonly string[] = [],
  elements: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = {},
) {
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), ...options, 'centos-minimal', ...elements];
  return await shop.command('disk-image-create', words, { env });
}

/** What a build changes gets the time of the build, which may be that of the packages. */
const VERIFY = ['--verify', '--all', '--nomtime'];

/** Files of packages that elements change: users of later packages, the settings of dnf and sudo. */
const CHANGED_BY_ELEMENTS = [
  'S.5......  c /etc/dnf/dnf.conf',
  'S.5......  c /etc/group',
  'S.5......  c /etc/gshadow',
  'S.5......  c /etc/passwd',
  'S.5......  c /etc/shadow',
  'S.5......  c /etc/sudoers',
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

test('makes the root of centos-minimal, as rpm of another system confirms; and the same one offline', async () => {
  await using shop = await workshop({
    'extra/install.d/50-more': hook('install-packages -e man-pages', 'dnf --assumeyes --cacheonly install gettext'),
    'extra/package-installs.yaml': 'hostname:\nlinux-firmware:\n  uninstall: true\n',
  });
  const env = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await centosMirror(shop, lab.url) };

  const result = await buildCentos(shop, ['-p', 'linux-firmware,libaio1'], ['extra'], env);

  expect(result.status, said(result)).toBe(0);
  const tree = await unpackedTree(shop);
  const names = await packagesIn(tree);
  const wanted = ['basesystem', 'centos-stream-release', 'dnf', 'kernel', 'postfix', 'libaio', 'gettext', 'hostname'];
  expect(names).toEqual(expect.arrayContaining([...wanted, 'linux-firmware']));
  expect(names).not.toContain('man-pages');
  expect(await askRpm(tree, ...VERIFY)).toEqual(CHANGED_BY_ELEMENTS);
  expect(await ownerOf(tree, 'etc/postfix/main.cf')).toBe('640 0:89');
  expect(await ownerOf(tree, 'var/spool/postfix')).toBe('750 89:0');
  expect(await ownerOf(tree, 'var/spool/mail')).toBe('775 0:12');
  expect(await ownerOf(tree, 'etc/shadow')).toBe('0 0:0');
  expect(await readdir(join(tree, 'etc/yum.repos.d'))).toEqual(['centos.repo']);
  // What the elements beneath do, each alone.
  expect(names, 'redhat-common').toContain('tcpdump');
  expect(names, 'yum-minimal').toContain('dhcp-client');
  expect(await readFile(join(tree, 'etc/dnf/dnf.conf'), 'utf8'), 'yum').toContain('cachedir=/var/cache/dnf\n');
  expect(await readdir(join(tree, 'tmp'))).toEqual([]);

  const digest = await sha256(shop.at('image.tar'));
  await rm(shop.at('cache/ingot'), { recursive: true });
  const asked = lab.repositories.server.requests.length;
  const offline = await buildCentos(shop, ['--offline', '-p', 'linux-firmware,libaio1'], ['extra'], env);

  expect(offline.status, said(offline)).toBe(0);
  expect(await sha256(shop.at('image.tar'))).toBe(digest);
  expect(lab.repositories.server.requests.slice(asked)).toEqual([]);
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
  const env = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await centosMirror(shop, lab.url) };

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
  await lab.publish('opensuse');
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), 'opensuse-minimal', 'extra'];

  const result = await shop.command('disk-image-create', words, {
    env: { DIB_DISTRIBUTION_MIRROR: lab.url },
  });

  expect(result.status, said(result)).toBe(0);
  const tree = await unpackedTree(shop);
  const names = await packagesIn(tree);
  const wanted = ['openSUSE-release', 'zypper', 'sudo', 'kernel-default', 'glibc-locale', 'lsof'];
  expect(names).toEqual(expect.arrayContaining(wanted));
  expect(names).not.toContain('openssl');
  expect(await askRpm(tree, ...VERIFY)).toEqual([
    'S.5......    /etc/sysconfig/language',
    'S.5......  c /etc/login.defs',
    'S.5......  c /etc/zypp/zypp.conf',
  ]);
  expect(await readFile(join(tree, 'boot/initrd'), 'utf8')).toBe('mkinitrd -A -B\n');
  // What the elements beneath do, each alone.
  expect(await readFile(join(tree, 'etc/zypp/repos.d/repo-update.repo'), 'utf8'), 'zypper-minimal').toContain(
    'autorefresh=1\n',
  );
  expect(await readFile(join(tree, 'etc/login.defs'), 'utf8'), 'zypper').toContain('USERGROUPS_ENAB yes\n');
});

test('makes the root of fedora-minimal', async () => {
  await using shop = await workshop();
  await lab.publish('fedora');
  const mirror = await mirrorFiles(shop, lab.url, {
    fedora: 'releases/$releasever/Everything/$basearch/os',
    updates: 'updates/$releasever/Everything/$basearch',
  });
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), 'fedora-minimal'];

  const result = await shop.command('disk-image-create', words, { env: { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: mirror } });

  expect(result.status, said(result)).toBe(0);
  const tree = await unpackedTree(shop);
  const names = await packagesIn(tree);
  expect(names).toEqual(expect.arrayContaining(['fedora-release-cloud', 'dnf', 'kernel', 'redhat-lsb-core']));
  expect(names).not.toContain('linux-firmware');
  expect(await readFile(join(tree, 'etc/os-release'), 'utf8')).toContain('ID=fedora\n');
  expect(await readdir(join(tree, 'etc/yum.repos.d'))).toEqual(['fedora.repo']);
});

test('makes the root of openeuler-minimal from the mirror that its own repositories are told', async () => {
  await using shop = await workshop();
  await lab.publish('openeuler');
  await copyFile(
    lab.repositories.key,
    join(lab.repositories.folder, 'openEuler-22.03-LTS/OS/x86_64/RPM-GPG-KEY-openEuler'),
  );
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), 'openeuler-minimal'];

  const result = await shop.command('disk-image-create', words, { env: { DIB_DISTRIBUTION_MIRROR: lab.url } });

  expect(result.status, said(result)).toBe(0);
  const tree = await unpackedTree(shop);
  const wanted = [
    'openEuler-latest-release',
    'openEuler-release',
    'openEuler-rpm-config',
    'openeuler-lsb',
    'cloud-init',
  ];
  expect(await packagesIn(tree)).toEqual(expect.arrayContaining([...wanted, 'kernel', 'openssh-server']));
  expect(await readdir(join(tree, 'etc/systemd/system/multi-user.target.wants'))).toEqual(
    expect.arrayContaining(['cloud-init.service', 'growroot.service', 'sshd.service']),
  );
  expect(await readFile(join(tree, 'etc/yum.repos.d/openEuler.repo'), 'utf8')).toContain(
    `baseurl=${lab.url}/openEuler-22.03-LTS/OS/$basearch/\n`,
  );
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
  await lab.repositories.publish('changing', centos.slice(0, 1));
  const folder = shop.at('mirror');
  await mkdir(folder);
  await writeFile(join(folder, 'dib-mirror.repo'), `[all]\nname=all\nbaseurl=${lab.url}/changing\n`);
  const build = async () =>
    await shop.command('disk-image-create', words, { env: { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: folder } });

  const first = await build();
  const same = await build();
  await lab.repositories.publish('changing', centos.slice(0, 2));
  const changed = await build();

  expect(marked(first, 'RAN'), said(first)).toHaveLength(1);
  expect(marked(same, 'RAN'), said(same)).toEqual([]);
  expect(marked(changed, 'RAN'), said(changed)).toHaveLength(1);
});

test('names the element whose packages are not signed by the key of their repository', async () => {
  await using shop = await workshop();
  const [stray = ''] = await lab.repositories.build([{ name: 'passwd', version: '9.0', signature: 'other' }]);
  await lab.repositories.publish('odd/9-stream/BaseOS/x86_64/os', [...centos, stray]);
  const mirror = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await centosMirror(shop, lab.url, 'odd/') };
  await lab.repositories.publish('odd/9-stream/AppStream/x86_64/os', []);

  const result = await buildCentos(shop, [], [], mirror);
  const again = await buildCentos(shop, ['--offline'], [], mirror);

  expect([result.status, again.status]).toEqual([1, 1]);
  // The second time from the cache, which trusts nothing that lies in it.
  for (const one of [result, again]) {
    expect(said(one)).toMatch(/code +SIGNATURE_INVALID/);
    expect(said(one)).toMatch(/element +yum-minimal/);
    expect(said(one)).toContain('passwd-9.0');
  }
});

test('names the repository that cannot be reached', async () => {
  await using shop = await workshop();
  const mirror = { DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: await centosMirror(shop, lab.url, 'nowhere/') };

  const result = await buildCentos(shop, [], [], mirror);

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/code +FETCH_FAILED/);
  expect(said(result)).toContain(`${lab.url}/nowhere/9-stream/BaseOS/x86_64/os`);
  expect(said(result)).toContain('The element centos-minimal makes its system from there.');
});
