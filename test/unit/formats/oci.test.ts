import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { FormatWish } from '../../../src/formats/format-writer.ts';
import { ociFormat } from '../../../src/formats/oci.ts';
import { run } from '../../../src/host/process.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { formatInput, formatWish } from '../../support/format-input.ts';

const FILES = {
  'tree/etc/hostname': 'cast\n',
  'tree/usr/bin/tool': `exec:${'x'.repeat(100_000)}`,
  'tree/usr/bin/alias': 'link:tool',
  'tree/proc/1/status': 'of the host',
} as const;

async function makeImage(scratch: FolderTree, name: string, wish: Partial<FormatWish> = {}): Promise<string> {
  await run('chown', ['5:6', scratch.at('tree/usr/bin/tool')]);
  const input = formatInput(scratch.at('tree'), scratch.at(name), { wish, scratch: scratch.path });
  await ociFormat.write(input);
  return input.target;
}

/** What skopeo says of an image; `--raw` prints its manifest, `--config` its configuration. */
async function inspect(image: string, ...options: readonly string[]) {
  return JSON.parse((await run('skopeo', ['inspect', ...options, `oci-archive:${image}`])).stdout);
}

describe('oci', () => {
  it('is an image of one layer for the architecture, made at the epoch', async () => {
    await using scratch = await folderTree(FILES);

    const image = await makeImage(scratch, 'image.oci');

    expect(await inspect(image)).toMatchObject({
      ...{ Architecture: 'amd64', Os: 'linux', Created: '2023-11-14T22:13:20Z' },
      Layers: [expect.stringMatching(/^sha256:/)],
    });
  });

  it('unpacks to the tree, without what the kernel had in it', async () => {
    await using scratch = await folderTree(FILES);
    const image = await makeImage(scratch, 'image.oci');

    await run('skopeo', ['copy', '--insecure-policy', `oci-archive:${image}`, `oci:${scratch.at('layout')}:web`]);
    await run('umoci', ['unpack', '--image', `${scratch.at('layout')}:web`, scratch.at('bundle')]);

    await run('rm', ['-r', scratch.at('tree/proc/1')]);
    await run('diff', ['--recursive', '--no-dereference', scratch.at('tree'), scratch.at('bundle/rootfs')]);
    const { stdout } = await run('stat', ['-c', '%u:%g %A', scratch.at('bundle/rootfs/usr/bin/tool')]);
    expect(stdout).toBe('5:6 -rwxr-xr-x\n');
  });

  it('has the same bytes each time, and leaves no folder behind', async () => {
    await using scratch = await folderTree(FILES);

    const first = await makeImage(scratch, 'first.oci');
    const second = await makeImage(scratch, 'second.oci');

    await run('cmp', [first, second]);
    expect((await run('ls', [scratch.path])).stdout).toBe('first.oci\nsecond.oci\ntree\n');
  });

  it.each([
    [{ kind: 'gzip', level: 9 }, 'application/vnd.oci.image.layer.v1.tar+gzip', 'gzip -dc'],
    [{ kind: 'zstd', level: 1 }, 'application/vnd.oci.image.layer.v1.tar+zstd', 'zstd -dc'],
    [{ kind: 'none' }, 'application/vnd.oci.image.layer.v1.tar', 'cat'],
  ] as const)('has a layer by %j, and the digest of its content', async (oci, type, reader) => {
    await using scratch = await folderTree(FILES);
    const compression = { ...formatWish().compression, oci };

    const image = await makeImage(scratch, 'image.oci', { compression });

    const [layer] = (await inspect(image, '--raw')).layers;
    expect(layer.mediaType).toBe(type);
    const script = 'tar -xOf "$1" "blobs/sha256/$2" | $3 | sha256sum';
    const { stdout } = await run('bash', ['-c', script, 'bash', image, layer.digest.slice(7), reader]);
    const config = await inspect(image, '--config');
    expect(config.rootfs.diff_ids).toEqual([`sha256:${stdout.split(' ')[0]}`]);
  });

  it.each([
    ['armhf', { architecture: 'arm', variant: 'v7', os: 'linux' }],
    ['ppc64el', { architecture: 'ppc64le', os: 'linux' }],
    ['arm64', { architecture: 'arm64', os: 'linux' }],
  ] as const)('calls %s as OCI does', async (arch, platform) => {
    await using scratch = await folderTree(FILES);

    const image = await makeImage(scratch, 'image.oci', { arch });

    const { stdout } = await run('tar', ['-xOf', image, 'index.json']);
    expect(JSON.parse(stdout).manifests[0].platform).toEqual(platform);
    const config = await inspect(image, '--config');
    expect(config).toMatchObject(platform);
  });

  it('says where there is no room for its layer, and leaves nothing there', async () => {
    await using scratch = await folderTree({ 'tree/etc/hostname': 'cast\n', 'small/': '', 'out/': '' });
    await writeFile(scratch.at('tree/etc/noise'), randomBytes(2 << 20));
    const script = new URL('../../support/write-on-small-disk.ts', import.meta.url).pathname;
    const words = [scratch.at('small'), 'oci', '', scratch.at('tree'), scratch.at('out')];

    const { stdout } = await run('unshare', ['--mount', '--map-root-user', process.execPath, script, ...words]);

    const { error, left } = JSON.parse(stdout);
    const message = `No space left in ${scratch.at('small')} for the layer of image.oci`;
    expect(error).toMatchObject({ code: 'DISK_FULL', message });
    expect(left).toEqual([]);
  });

  it('has the name that Docker should know it by', async () => {
    await using scratch = await folderTree(FILES);

    const image = await makeImage(scratch, 'image.oci', { dockerTarget: 'registry.example/web:1' });

    const { stdout } = await run('tar', ['-xOf', image, 'index.json']);
    expect(JSON.parse(stdout).manifests[0].annotations).toEqual({
      'org.opencontainers.image.ref.name': 'latest',
      'io.containerd.image.name': 'registry.example/web:1',
    });
  });
});
