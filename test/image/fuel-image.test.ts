import { chmod, copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunResult, run, runForStatus } from '../../src/host/process.ts';
import { type FolderTree, folderTree } from '../support/folder-tree.ts';
import { growFilesystem, PARTITION_BYTES, provisionNode, type Unpacked, unpackOnto } from '../support/fuel-node.ts';
import { type FuelSite, imageField, openFuelSite, readMetadata } from '../support/fuel-site.ts';
import { inLab } from '../support/image-build.ts';
import { MOS_VERSIONS } from '../support/mos-archive.ts';
import { bootImage } from '../support/vm.ts';

const BOOT_MS = 600_000;

let site: FuelSite;
let scratch: FolderTree;
let built: RunResult;
let root: Unpacked;
let boot: Unpacked;
const file = (name: string) => join(site.output, name);
const raw = (name: 'root' | 'boot') => scratch.at(`${name}.img`);

/** A request for the system of a node, with `/boot` on a filesystem of its own. */
const nodeRequest = (environment: string, change = {}) =>
  site.request(environment, {
    packages: ['grub-pc', 'linux-image-generic', 'mos-release', 'netbase', 'openssh-server', 'tree', 'ubuntu-minimal'],
    image_data: {
      '/': imageField(`${environment}.img.gz`, 'ext4', 'gzip'),
      '/boot': imageField(`${environment}-boot.img.gz`, 'ext2', 'gzip'),
    },
    ...change,
  });

beforeAll(async () => {
  site = await openFuelSite('fuel-image');
  scratch = await folderTree();
  // A losetup that only leaves a mark: whoever wants a loop device is found out.
  await writeFile(scratch.at('losetup'), `#!/bin/sh\n: >${scratch.at('asked-for-loop')}\nexit 1\n`);
  await chmod(scratch.at('losetup'), 0o755);
  built = await site.build(nodeRequest('env_1'), { env: { PATH: `${scratch.path}:${process.env.PATH}` } });
  if (built.status !== 0) throw new Error(`The build failed:\n${built.tail.join('\n')}`);
  root = await unpackOnto(file('env_1.img.gz'), raw('root'));
  boot = await unpackOnto(file('env_1-boot.img.gz'), raw('boot'));
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

/** Text that debugfs prints for a request about a filesystem. */
async function ask(name: 'root' | 'boot', request: string): Promise<string> {
  return (await run('debugfs', ['-R', request, raw(name)])).stdout;
}

/** Names in a folder of a filesystem; none where there is no such folder. */
async function names(name: 'root' | 'boot', folder: string): Promise<readonly string[]> {
  const lines = (await ask(name, `ls -p ${folder}`)).split('\n');
  return lines.flatMap((line) => line.split('/')[5] ?? []).filter((entry) => !['', '.', '..'].includes(entry));
}

async function versions(): Promise<ReadonlyMap<string, string>> {
  const status = await ask('root', 'cat /var/lib/dpkg/status');
  return new Map(
    [...status.matchAll(/^Package: (.*)\n(?:.+\n)*?Version: (.*)$/gm)].map(([, name = '', version = '']) => [
      name,
      version,
    ]),
  );
}

test('little is printed, and the files have the names of their addresses', { tags: ['fuel.names'] }, async () => {
  expect(built.stdout).toBe(`Images built in ${site.output}: env_1.img.gz, env_1-boot.img.gz\n`);
  expect(built.stderr).toBe('');
  expect((await readdir(site.output)).sort()).toEqual(['env_1-boot.img.gz', 'env_1.img.gz', 'env_1.yaml']);
});

test('the metadata tells of the published bytes, which are one zlib stream each', {
  tags: ['fuel.metadata', 'fuel.gzip'],
}, async () => {
  const { images, repos, packages } = await readMetadata(file('env_1.yaml'));

  expect(images.map(({ container_name }) => container_name)).toEqual(['env_1.img.gz', 'env_1-boot.img.gz']);
  for (const [index, unpacked] of [root, boot].entries()) {
    const image = images[index];
    const path = file(image?.container_name ?? '');
    expect(image).toMatchObject({ raw_md5: unpacked.md5, raw_size: unpacked.size, container: 'gzip' });
    expect(image?.container_md5).toBe((await run('md5sum', [path])).stdout.slice(0, 32));
    expect(image?.container_size).toBe((await stat(path)).size);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect(unpacked.left).toBe(0);
    await run('gzip', ['--test', path]);
  }
  expect(repos.map(({ name, priority }) => [name, priority]).at(-1)).toEqual(['mos', 1050]);
  expect(packages).toContain('linux-image-generic');
});

test('files are on the filesystem of their mount point, with a kernel and its ramdisk', {
  tags: ['fuel.split', 'fuel.filesystems'],
}, async () => {
  const kernels = (await names('boot', '/')).filter((name) => name.startsWith('vmlinuz-'));

  expect(kernels).toHaveLength(1);
  expect(await names('boot', '/')).toContain(kernels[0]?.replace('vmlinuz', 'initrd.img'));
  expect(await names('root', '/boot')).toEqual([]);
  expect(await names('boot', '/etc')).toEqual([]);
  expect(boot.size).toBeLessThan(200e6);
  for (const name of ['root', 'boot'] as const) {
    const { stdout } = await run('e2fsck', ['-f', '-n', raw(name)]);
    const [, used, all] = /, (\d+)\/(\d+) blocks$/m.exec(stdout) ?? [];
    expect(Number(used) / Number(all), 'little more than the files need').toBeGreaterThan(0.95);
  }
});

test('nothing of the build is in the images', { tags: ['fuel.leftovers'] }, async () => {
  expect(await names('root', '/etc/apt/sources.list.d')).toEqual([]);
  expect(await names('root', '/etc/apt/preferences.d')).toEqual([]);
  expect(await names('root', '/etc/apt/apt.conf.d')).toEqual(['01autoremove', '70debconf']);
  expect(await names('root', '/etc/apt')).not.toContain('sources.list');
  expect(await names('root', '/var/lib/apt/lists')).toEqual([]);
  expect(await names('root', '/var/cache/apt/archives')).not.toContainEqual(expect.stringContaining('.deb'));
  expect(await names('root', '/usr/sbin')).not.toContain('policy-rc.d');
  expect(await names('root', '/usr/sbin')).toContain('sshd');
  expect((await names('root', '/etc/ssh')).filter((name) => name.startsWith('ssh_host_'))).toEqual([]);
  const etc = await names('root', '/etc');
  for (const name of ['hostname', 'resolv.conf', 'dib-manifests']) expect(etc).not.toContain(name);
  expect(await ask('root', 'cat /etc/shadow')).toMatch(/^root:\$6\$/m);
  // The password of the vendor's repository.
  expect(await runForStatus('grep', ['--text', '--quiet', 'sea-shell', raw('root')])).toMatchObject({ status: 1 });
});

test('the vendor wins by its priority over universe, and updates are in', { tags: ['fuel.pins'] }, async () => {
  const installed = await versions();

  expect(installed.get('tree')).toBe(MOS_VERSIONS.tree);
  expect(installed.get('netbase')).toBe(MOS_VERSIONS.netbase);
  expect(installed.get('mos-release')).toBe('9.0');
  expect(installed.get('base-files')).toBe('13ubuntu10.1');
  expect(installed.get('adduser')).toBe('3.137ubuntu1.1');
});

test('nobody asked for a loop device', { tags: ['fuel.loops'] }, async () => {
  expect(await readdir(scratch.path)).not.toContain('asked-for-loop');
});

describe('a set that is there', { tags: ['fuel.complete'] }, () => {
  test('is left alone', async () => {
    const before = await stat(file('env_1.img.gz'));

    const { status, stdout } = await site.build(nodeRequest('env_1'));

    expect(status).toBe(0);
    expect(stdout).toContain('All necessary images are available');
    expect((await stat(file('env_1.img.gz'))).ino).toBe(before.ino);
  });

  test('is made whole again where a file is other than described', async () => {
    const path = file('env_1-boot.img.gz');
    const before = await readFile(path);
    await rm(path);
    await writeFile(path, before.subarray(0, 1000));

    const { status } = await site.build(nodeRequest('env_1'));

    expect(status).toBe(0);
    expect((await readFile(path)).equals(before)).toBe(true);
  });
});

test('credentials of repositories are kept for their owner alone, and in no layer', {
  tags: ['fuel.leftovers'],
}, async () => {
  const { stdout } = await runForStatus('grep', ['--recursive', '--files-with-matches', 'sea-shell', inLab('cache')]);

  const files = stdout.trimEnd().split('\n');
  expect([...new Set(files.map((path) => path.replace(/\/apt\/[0-9a-f]+\//, '/apt/*/')))]).toEqual([
    inLab('cache/ingot/apt/*/etc/auth.conf'),
  ]);
  for (const path of files) expect((await stat(path)).mode & 0o077).toBe(0);
});

test('another environment gets the same bytes by another proxy, and fetches no package', {
  tags: ['fuel.environments'],
}, async () => {
  const fetched = site.servers.ubuntu.requests.length;
  const proxies = {
    protocols: { http: 'http://127.0.0.1:9' },
    direct_repo_addr_list: ['ubuntu.test', 'mos.test'],
  };

  const { status, tail } = await site.build(nodeRequest('env_2_marmot', { proxies }));

  expect(status, tail.join('\n')).toBe(0);
  const log = await readFile(site.at('logs/fuel-agent-env-2.log'), 'utf8');
  expect(log).toMatch(/packages restored from its layer$/m);
  expect(log).not.toMatch(/ ((root|pre-install|install|post-install|finalise)\.d\/\S+|packages) completed$/m);
  const [one, two] = [await readMetadata(file('env_1.yaml')), await readMetadata(file('env_2_marmot.yaml'))];
  expect(two.images.map(({ container_md5 }) => container_md5)).toEqual(
    one.images.map(({ container_md5 }) => container_md5),
  );
  const later = site.servers.ubuntu.requests.slice(fetched).map(({ path }) => path);
  expect(later.filter((path) => !path.endsWith('/InRelease'))).toEqual([]);
});

test.each([
  [1, 'ubuntu-updates', 'mos'],
  [3, 'mos', 'ubuntu'],
])(
  'repository %i, whose key is not trusted, is named, and nothing is published',
  {
    tags: ['fuel.signatures'],
  },
  async (index, name, other) => {
    const keyring = site.repos.find((repo) => repo.name === other)?.keyring;
    const repos = site.repos.map((repo) => (repo.name === name ? { ...repo, keyring } : repo));

    const { status, stderr } = await site.build(nodeRequest('env_4', { repos, packages: ['tree'] }));

    expect(status).toBe(1);
    expect(stderr).toContain(`repos[${index}] (${name}) is not signed by a key that is trusted for it`);
    expect(stderr).toContain('"trusted": true');
    expect((await readdir(site.output)).filter((file) => file.includes('env_4') || file.startsWith('.'))).toEqual([]);
  },
);

test('packages that no repository has are named, each of them', { tags: ['fuel.mirrors'] }, async () => {
  const { status, stderr } = await site.build(nodeRequest('env_5', { packages: ['tree', 'nonsense', 'rubbish'] }));

  expect(status).toBe(1);
  expect(stderr).toContain('No package source has the packages nonsense, rubbish');
  expect(stderr).toContain('Add the repository or the component that has it to the request');
});

test('a node takes the images, grows them and boots to login', {
  tags: ['fuel.node', 'fuel.filesystems'],
}, async () => {
  await using node = await folderTree();
  const files = { boot: node.at('boot.img'), root: node.at('root.img') };
  for (const name of ['boot', 'root'] as const) {
    await copyFile(raw(name), files[name]);
    await growFilesystem(files[name], PARTITION_BYTES[name]);
  }

  const disk = await provisionNode(node.path, files);

  await using machine = await bootImage({ image: disk, firmware: 'bios' });
  expect(await machine.waitFor(/\S+ login: /, BOOT_MS)).toContain('node-1 login:');
});
