import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, runForStatus } from '../../src/host/process.ts';
import { folderTree } from '../support/folder-tree.ts';
import { build, buildEnvironment, type ImageCall, image, inLab, needServer, SERVER } from '../support/image-build.ts';

const BIN = join(import.meta.dirname, '../../bin');
const INGOT = join(BIN, 'ingot');

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
    await using scratch = await folderTree({});
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

describe('the kernel of a server', () => {
  test('comes out of its compressed qcow2 image, with the ramdisk', { tags: ['get-kernel.files'] }, async () => {
    await needServer();
    await using scratch = await folderTree({});
    const words = ['-i', image(SERVER, 'qcow2'), '-d', scratch.path, '-o', 'server'];

    const { stdout } = await run(join(BIN, 'disk-image-get-kernel'), words);

    expect(stdout).toBe('server-vmlinuz,server-initrd\n');
    const { stdout: names } = await run('tar', [
      '--list',
      '--file',
      image(SERVER, 'tar'),
      '--wildcards',
      './boot/*-cloud-amd64',
    ]);
    for (const [name, start] of [
      ['server-vmlinuz', './boot/vmlinuz-'],
      ['server-initrd', './boot/initrd.img-'],
    ] as const) {
      const path = names.split('\n').find((line) => line.startsWith(start)) ?? '';
      const script = 'tar --extract --to-stdout --file "$1" "$2" | cmp - "$3"';
      await run('bash', ['-c', script, 'bash', image(SERVER, 'tar'), path, scratch.at(name)]);
    }
  });
});

/** The server once more, in the formats of other machines. */
const EXPORTED: ImageCall = {
  ...SERVER,
  name: 'exported',
  options: ['-p', 'ifupdown', '-t', 'raw,vmdk,vdi,vhd,vhdx,tar,squashfs,oci,aci'],
  env: { ...SERVER.env, DIB_SQUASHFS_COMPRESSION: 'zstd:3', DIB_OCI_COMPRESSION: 'zstd:1' },
};

describe('a server in the formats of other machines', () => {
  beforeAll(async () => {
    await needServer();
    await build(EXPORTED);
  });

  test.each(['vmdk', 'vdi', 'vhd', 'vhdx'])('is the disk of the raw image as %s', async (format) => {
    const driver = format === 'vhd' ? 'vpc' : format;
    const words = ['compare', '-f', 'raw', '-F', driver, image(EXPORTED, 'raw'), image(EXPORTED, format)];

    expect((await run('qemu-img', words)).stdout).toContain('Images are identical.');
  });

  test('is the tree of the archive as squashfs, with owners and capabilities', async () => {
    const squash = image(EXPORTED, 'squash');
    const { stdout: described } = await run('rdsquashfs', ['--describe', squash]);

    const names = described.split('\n').flatMap((line) => /^\w+ ("[^"]*"|\S+)/.exec(line)?.[1] ?? []);

    const { stdout } = await run('tar', ['--list', '--quoting-style=literal', '--file', image(EXPORTED, 'tar')]);
    const archived = stdout
      .trim()
      .split('\n')
      .map((name) => name.replace(/^\.\//, '').replace(/\/$/, ''));
    expect(names.map((name) => name.replaceAll('"', '')).sort()).toEqual(archived.filter((name) => name !== '').sort());
    expect(described).toMatch(/^file etc\/shadow 0640 0 42$/m);
    const { stdout: attributes } = await run('rdsquashfs', ['--xattr', '/usr/local/bin/capable', squash]);
    expect(attributes).toContain('security.capability=');
  });

  test('is a container image of the archive', async () => {
    const oci = `oci-archive:${image(EXPORTED, 'oci')}`;
    const { stdout } = await run('skopeo', ['inspect', '--config', oci]);

    const { stdout: digest } = await run('sha256sum', [image(EXPORTED, 'tar')]);

    expect(JSON.parse(stdout)).toMatchObject({
      ...{ architecture: 'amd64', os: 'linux' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest.split(' ')[0]}`] },
    });
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
