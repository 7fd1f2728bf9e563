import { copyFile, glob, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunResult, run } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { said } from '../support/cli.ts';
import { askDebugfs } from '../support/disk-image.ts';
import { type FileServer, serveFolder } from '../support/file-server.ts';
import { folderTree } from '../support/folder-tree.ts';
import { build, type ImageCall, image, inLab, tryBuild } from '../support/image-build.ts';
import { openMosArchive } from '../support/mos-archive.ts';
import { partitionsOf } from '../support/partitions.ts';
import { openUbuntuArchive, type UbuntuArchive } from '../support/ubuntu-archive.ts';
import { bootImage } from '../support/vm.ts';

/** Far longer than a boot takes, also under emulation on a busy machine. */
const BOOT_MS = 600_000;

let archive: UbuntuArchive;
let server: FileServer;
beforeAll(async () => {
  archive = await openUbuntuArchive({ folder: inLab('archives'), imageCache: inLab('cache') });
  server = await serveFolder(archive.folder);
});
afterAll(async () => await server[Symbol.asyncDispose]());

/** Ubuntu for a virtual machine, from the stand-in for its archive. */
function ubuntu(env: Environment = {}): ImageCall {
  return {
    name: 'ubuntu',
    elements: ['ubuntu-minimal', 'vm'],
    options: ['-u', '-t', 'raw'],
    env: {
      DIB_RELEASE: archive.codename,
      DIB_DISTRIBUTION_MIRROR: server.url,
      DIB_APT_KEYRING: archive.keyring,
      DIB_UBUNTU_KERNEL: 'linux-image-virtual',
      ...env,
    },
  };
}

describe('what ubuntu-minimal cannot be made of', () => {
  afterAll(() => server.mend());

  /** Expects that a build fails, and that it says these words. */
  async function expectRefusal(env: Environment, ...words: readonly string[]): Promise<RunResult> {
    const result = await tryBuild(ubuntu(env));
    expect(result.status).toBe(1);
    for (const word of words) expect(said(result)).toContain(word);
    return result;
  }

  test('is a release that the mirror has not; the error has those that it has', async () => {
    const missing = `${server.url}/dists/mramot/InRelease does not exist`;
    const choices = 'The mirror has: marmot.';
    await expectRefusal({ DIB_RELEASE: 'mramot' }, 'FETCH_FAILED', missing, choices, 'element ubuntu-minimal');
  });

  test('is an archive signed by a key that is not trusted; the error has the key and the archive', async () => {
    const { keyring } = await openMosArchive({ folder: inLab('archives'), imageCache: inLab('cache') });

    const result = await expectRefusal({ DIB_APT_KEYRING: keyring }, 'SIGNATURE_INVALID', 'element  debootstrap');

    expect(said(result)).toMatch(/127\.0\.0\.1:\d+ marmot is signed by the key [0-9A-F]{16}, which is not trusted/);
  });

  test('are keys that are not there', async () => {
    await expectRefusal({ DIB_APT_KEYRING: '/nowhere.gpg' }, 'TOOL_MISSING', 'The keyring /nowhere.gpg does not exist');
  });

  test('is a mirror that does not answer', async () => {
    const mirror = 'http://127.0.0.1:9/ubuntu';
    const missing = `${mirror}/dists/marmot/InRelease could not be fetched`;
    await expectRefusal({ DIB_DISTRIBUTION_MIRROR: mirror }, 'FETCH_FAILED', missing, 'element ubuntu-minimal');
  });

  test('is a package that is not what the index says; nothing of it is kept', async () => {
    const name = 'linux-image-virtual_6.8.0-31.31_amd64.deb'; // which no other test fetches
    const kept = () => glob(`*/${name}`, { cwd: inLab('cache/ingot/packages') });
    for await (const path of kept()) await rm(dirname(inLab('cache/ingot/packages', path)), { recursive: true });
    server.keepFailing(`/${name}`, { kind: 'corrupt' });

    await expectRefusal({}, 'DIGEST_MISMATCH', `${name} is not the expected file`);

    expect(await Array.fromAsync(kept())).toEqual([]);
  });
});

describe('ubuntu-minimal vm', () => {
  beforeAll(async () => {
    const squashfs = { ...ubuntu(), options: ['-u', '-t', 'raw,squashfs'] };
    await build({ ...squashfs, env: { ...squashfs.env, DIB_SQUASHFS_COMPRESSION: 'lz4' } });
  });

  test('has the updates of its release, and its own sources', async () => {
    const disk = image(ubuntu(), 'raw');
    const { partitions } = await partitionsOf(disk);
    const text = async (path: string) => await askDebugfs(disk, partitions[0]?.offset ?? 0, `cat ${path}`);

    expect((await text('/usr/lib/os-release')).split('\n')).toEqual(
      expect.arrayContaining(['PRETTY_NAME="Ubuntu 24.04.1 LTS"', 'ID=ubuntu', 'VERSION_CODENAME=marmot']),
    );
    const status = await text('/var/lib/dpkg/status');
    const version = (name: string) => new RegExp(`^Package: ${name}\n(?:.+\n)*Version: (.*)$`, 'm').exec(status)?.[1];
    expect(['base-files', 'adduser', 'tree'].map(version)).toEqual(['13ubuntu10.1', '3.137ubuntu1.1', undefined]);
    const suites = ['', '-updates', '-security', '-backports'].map((pocket) => `marmot${pocket}`);
    expect(await text('/etc/apt/sources.list')).toBe(
      suites.map((suite) => `deb ${server.url} ${suite} main universe\n`).join(''),
    );
    // What the elements beneath do, each alone.
    expect(version('linux-image-virtual'), 'ubuntu-kernel').toBe('6.8.0-31.31');
    expect(await text('/etc/sysctl.d/99-cloudimg-ipv6.conf'), 'ubuntu-common').toContain(
      'net.ipv6.conf.default.use_tempaddr = 0\n',
    );
  });

  test('boots to its login', async () => {
    await using machine = await bootImage({ image: image(ubuntu(), 'raw'), firmware: 'bios' });

    await machine.waitFor(/Welcome to .*Ubuntu 24\.04\.1 LTS/, BOOT_MS);
    expect(await machine.waitFor(/\blogin:/, BOOT_MS)).toBe('ubuntu login:');
  });

  test('is what ubuntu-signed can start from by way of ubuntu, published as a cloud image', async () => {
    await using published = await folderTree();
    const name = 'marmot-server-cloudimg-amd64.squashfs';
    await copyFile(image(ubuntu(), 'squash'), published.at(name));
    const { stdout } = await run('sha256sum', ['--binary', name], { cwd: published.path });
    await writeFile(published.at('SHA256SUMS'), stdout);
    await using images = await serveFolder(published.path);
    const call = { name: 'cloud', elements: ['ubuntu-signed'], options: ['-t', 'tar'] };

    await build({ ...call, env: { ...ubuntu().env, DIB_CLOUD_IMAGES: images.url } });

    expect(await archived(call, 'usr/lib/os-release')).toContain('ID=ubuntu\n');
    expect(await archived(call, 'var/lib/dpkg/status')).toContain(
      'Package: linux-image-generic\nStatus: install ok installed\n',
    );
  });
});

test('ubuntu-systemd-container is an Ubuntu with systemd and its own sources, and without a kernel', async () => {
  const call = { ...ubuntu(), name: 'container', elements: ['ubuntu-systemd-container'], options: ['-t', 'tar'] };

  await build(call);

  const status = await archived(call, 'var/lib/dpkg/status');
  for (const name of ['systemd-sysv', 'python3', 'sudo'])
    expect(status).toContain(`Package: ${name}\nStatus: install ok installed\n`);
  expect(status).not.toMatch(/^Package: linux-image/m);
  const suites = ['', '-updates', '-backports', '-security'].map((pocket) => `marmot${pocket}`);
  expect(await archived(call, 'etc/apt/sources.list')).toBe(
    suites.map((suite) => `deb ${server.url} ${suite} main universe\n`).join(''),
  );
});

/** Text of a file in the tar archive that a call has made. */
async function archived(call: ImageCall, path: string): Promise<string> {
  return (await run('tar', ['--extract', '--to-stdout', '--file', image(call, 'tar'), `./${path}`])).stdout;
}
