import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, runForStatus } from '../../src/host/process.ts';
import { buildEnvironment, image, inLab, needServer, SERVER } from '../support/image-build.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const INGOT = join(import.meta.dirname, '../../bin/ingot');

async function qcow2Facts(path: string): Promise<string> {
  return (await run('qemu-img', ['info', path])).stdout;
}

async function archiveLine(archive: string, name: string): Promise<string> {
  const options = ['--list', '--verbose', '--verbose', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
  return (await run('tar', [...options, '--no-recursion', '--file', archive, `./${name}`])).stdout;
}

describe('a server in several formats from one call', () => {
  beforeAll(async () => await needServer());

  test.each(['md5', 'sha256'])('has %s sums that verify', async (sum) => {
    const files = ['qcow2', 'raw', 'tar', 'tgz'].map((type) => `${SERVER.name}.${type}.${sum}`);

    const { stdout } = await run(`${sum}sum`, ['--check', ...files], { cwd: inLab('out') });

    expect(stdout.trim().split('\n')).toEqual(files.map((file) => `${file.slice(0, -sum.length - 1)}: OK`));
  });

  test('is a sound qcow2 image that old programs read, with the disk of the raw one', async () => {
    const qcow2 = image(SERVER, 'qcow2');

    expect(await qcow2Facts(qcow2)).toMatch(/compat: 0\.10/);
    expect((await run('qemu-img', ['check', qcow2])).stdout).toContain('No errors were found');
    const { stdout } = await run('qemu-img', ['compare', '-f', 'qcow2', '-F', 'raw', qcow2, image(SERVER, 'raw')]);
    expect(stdout).toContain('Images are identical.');
  });

  test('is an archive with owners as numbers and with capabilities and access lists', async () => {
    const archive = image(SERVER, 'tar');

    expect(await archiveLine(archive, 'etc/shadow')).toMatch(/^-rw-r-----\S* +0\/42 /);
    expect(await archiveLine(archive, 'usr/bin/su')).toMatch(/^-rwsr-xr-x\S* +0\/0 /);
    expect(await archiveLine(archive, 'usr/local/bin/capable')).toMatch(/x: 20 security\.capability/);
    expect(await archiveLine(archive, 'var/log/journal/')).toMatch(/system\.posix_acl_default/);
  });

  test('is the same archive as tgz', async () => {
    await using scratch = await scratchFolder({});
    await run('sh', ['-c', 'gzip --decompress --stdout "$1" >"$2"', 'sh', image(SERVER, 'tgz'), scratch.at('tar')]);

    await run('cmp', [scratch.at('tar'), image(SERVER, 'tar')]);
  });

  test('has its package list beside it', async () => {
    const { stdout } = await run('cat', [
      inLab('out', `${SERVER.name}.d/dib-manifests/dib-manifest-dpkg-${SERVER.name}`),
    ]);
    const { packages }: { packages: readonly { readonly package: string }[] } = JSON.parse(stdout);

    const names = packages.map((one) => one.package);

    expect(names).toEqual(
      expect.arrayContaining(['ifupdown', 'cloud-init', 'openssh-server', 'linux-image-cloud-amd64']),
    );
  });
});

describe('the server by ingot build', () => {
  test('is a qcow2 image compressed by zstd', async () => {
    await needServer();
    const words = ['build', '--no-base', '-p', 'ifupdown', '-o', inLab('out/zstd.qcow2'), ...SERVER.elements];

    const result = await runForStatus(INGOT, words, { env: buildEnvironment(SERVER.env), cwd: inLab('out') });

    expect(result.status, result.tail.join('\n')).toBe(0);
    expect(await qcow2Facts(inLab('out/zstd.qcow2'))).toMatch(/compression type: zstd/);
    expect((await run('qemu-img', ['check', inLab('out/zstd.qcow2')])).stdout).toContain('No errors were found');
  });
});
