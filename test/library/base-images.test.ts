import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run, runForStatus } from '../../src/host/process.ts';
import { MIB } from '../../src/model/bytes.ts';
import { type CommandCall, hook, said, type Workshop, workshop } from '../support/cli.ts';
import { makeTortureTree, runAsRoot } from '../support/disk-image.ts';
import { folderTree } from '../support/folder-tree.ts';
import { cloudDisk, cloudElement, fakeRoot, type ImagePublisher, imagePublisher } from '../support/image-publisher.ts';
import { testUser } from '../support/test-user.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const SUPPORT = fileURLToPath(new URL('../support', import.meta.url));
/** Where cloud disks have their root, in bytes. */
const ROOT = { offset: 21 * MIB, size: 560 * MIB };

async function unpack(image: string, tree: string, scratch: string) {
  await run('mkdir', ['--parents', tree]);
  return await runAsRoot(process.execPath, join(SUPPORT, 'unpack-image.ts'), image, tree, scratch, 'root');
}

/** What a folder or the filesystem in a file holds, as programs tell that unpack none; without /boot and what only a filesystem has. */
async function contentsOf(path: string): Promise<readonly string[]> {
  const { status, stdout, tail } = await runAsRoot(join(SUPPORT, 'tell-contents'), path);
  expect(status, tail.join('\n')).toBe(0);
  return stdout.split('\n').filter((line) => !/^(boot|lost\+found)/.test(line));
}

describe('what is unpacked of a disk image', () => {
  test.for(['ext4', 'xfs', 'btrfs'] as const)('is everything on its %s root, and what that mounts', async (type) => {
    await using scratch = await folderTree({ 'source/var/data': 'data\n', 'scratch/': '' });
    await makeTortureTree(scratch.at('source'));
    const image = await cloudDisk(scratch.at('source'), scratch.at('image.qcow2'), type);
    const [tree, part] = [scratch.at('tree'), scratch.at('part')];

    const { status, stdout } = await unpack(image, tree, scratch.at('scratch'));

    expect(status, stdout).toBe(0);
    const copy = ['bs=1M', 'conv=sparse', 'status=none', `skip=${ROOT.offset / MIB}`, `count=${ROOT.size / MIB}`];
    await run('dd', [`if=${image}.raw`, `of=${part}`, ...copy]);
    // The kernel is another reader than the one for ext4; of btrfs it shows the folder with both subvolumes.
    if (type !== 'btrfs') expect(await contentsOf(tree)).toEqual(await contentsOf(part));
    else expect((await contentsOf(tree)).join('\n')).toContain('usr/bin/capable cap_net_raw=ep');
    await expect(run('cat', [join(tree, 'boot/efi/EFI/small.txt'), join(tree, 'boot/vmlinuz')])).resolves.toMatchObject(
      {
        stdout: 'small\nkernel\n',
      },
    );
    await expect(run('cat', [join(tree, 'var/data')])).resolves.toMatchObject({ stdout: 'data\n' });
    expect(await readdir(scratch.at('scratch'))).toEqual([]);
  });

  test.for([
    { full: 'the tree', tree: 'small' },
    { full: 'the folder for its raw bytes', tree: 'tree' },
  ])('is told not to fit where $full is full', async ({ tree }) => {
    await using scratch = await folderTree({
      'source/big': 'x'.repeat(9 * MIB),
      'source/boot/efi/': '',
      'small/': '',
      'tree/': '',
    });
    const image = await cloudDisk(scratch.at('source'), scratch.at('image.qcow2'), 'ext4');
    const folders = tree === 'small' ? ['small', 'tree'] : ['tree', 'small'];
    const words = [process.execPath, join(SUPPORT, 'unpack-image.ts'), image, ...folders.map(scratch.at), 'root'];

    const { status, stdout } = await runAsRoot(join(SUPPORT, 'on-small-disk'), scratch.at('small'), '4M', ...words);

    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'DISK_FULL',
      message: 'There is no space left to unpack the base image image.qcow2',
    });
  });

  test('is refused where no partition has a root', async () => {
    await using scratch = await folderTree({ 'scratch/': '' });
    const image = scratch.at('swap.raw');
    await run('truncate', ['--size', '10M', image]);
    await run('mkswap', ['--quiet', image]);

    const { status, stdout } = await unpack(image, scratch.at('tree'), scratch.at('scratch'));

    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: 'The base image swap.raw has no root filesystem that can be read: found swap on the whole disk',
    });
  });
});

describe('without root', () => {
  test('an ext4 root is read, and an xfs root is told to need root', async () => {
    await using user = await testUser();
    await using publisher = await imagePublisher();
    await using scratch = await folderTree();
    const tree = await fakeRoot(scratch.at('source'), { 'etc/os-release': 'ID=fedora\n' });
    await publisher.publish(
      await cloudDisk(tree, scratch.at('ext4.qcow2'), 'ext4'),
      await cloudDisk(tree, scratch.at('xfs.qcow2'), 'xfs'),
    );
    await using shop = await workshop({
      ...cloudElement({}),
      'cloud/environment.d/50-image.bash': `export INGOT_BASE_IMAGE=${publisher.server.url}/$IMAGE\n`,
    });
    const build = async (image: string) => {
      const [command = '', ...args] = await user.words(shop, [join(BIN, 'disk-image-create'), ...buildWords(shop)]);
      return await runForStatus(command, args, {
        env: shop.environment({ env: { IMAGE: image } }),
        cwd: shop.at('work'),
      });
    };

    const ext4 = await build('ext4.qcow2');
    const xfs = await build('xfs.qcow2');

    expect(ext4.status, said(ext4)).toBe(0);
    await expect(shop.content('etc/os-release')).resolves.toBe('ID=fedora\n');
    expect(xfs.status).toBe(1);
    expect(said(xfs)).toContain('DEVICE_NEEDED');
    expect(said(xfs)).toContain('xfs.qcow2 has xfs on partition 3');
  });
});

describe('a published image', () => {
  test('is found by its pattern, checked, fetched once, and restored from its layer until another one is published', async () => {
    await using rig = await publishedRoot();
    const { shop, publisher } = rig;

    const first = await build(shop);
    const second = await build(shop);
    const seen = publisher.server.requests.length;
    await publisher.publish(await newTree(rig, 'Base-40-1.10.tar.gz', 'VERSION_ID=2\n'));
    const third = await build(shop);

    expect(first.status, said(first)).toBe(0);
    expect(second.status, said(second)).toBe(0);
    expect(said(second)).toMatch(/10-image.*(restored|layer)/);
    expect(fetched(publisher, 0, seen)).toEqual(['/Base-40-1.9.tar.gz']);
    expect(third.status, said(third)).toBe(0);
    expect(fetched(publisher, seen)).toEqual(['/Base-40-1.10.tar.gz']);
    await expect(shop.content('etc/os-release')).resolves.toBe('VERSION_ID=2\n');
  });

  test('is taken from the cache without a network, and missed there by name', async () => {
    await using rig = await publishedRoot();
    const { shop, publisher } = rig;

    const cold = await build(shop, ['--offline']);
    const warm = await build(shop);
    await rm(shop.at('cache/ingot/layers'), { recursive: true });
    const before = publisher.server.requests.length;
    const offline = await build(shop, ['--offline']);

    expect(cold.status).toBe(1);
    expect(said(cold)).toContain('OFFLINE_MISS');
    expect(said(cold)).toContain('The element cloud has no base image: The build is offline');
    expect(warm.status, said(warm)).toBe(0);
    expect(offline.status, said(offline)).toBe(0);
    expect(publisher.server.requests).toHaveLength(before);
  });

  test('that breaks off is gone on with by the next build', async () => {
    await using rig = await publishedRoot();
    const { shop, publisher } = rig;
    publisher.server.keepFailing('.tar.gz', { kind: 'cut', afterBytes: 200_000 });

    const broken = await build(shop);
    publisher.server.mend();
    const before = publisher.server.requests.length;
    const next = await build(shop);

    expect(broken.status).toBe(1);
    expect(said(broken)).toContain('FETCH_FAILED');
    expect(next.status, said(next)).toBe(0);
    expect(fetched(publisher, before)).toHaveLength(1);
    const [rest] = publisher.server.requests.slice(before).filter(({ headers }) => headers.range !== undefined);
    expect(rest?.headers.range).toMatch(/^bytes=\d{6,}-$/);
  });

  test('that is not what its publisher has signed is refused, and not kept', async () => {
    await using rig = await publishedRoot();
    const { shop, publisher } = rig;
    await appendFile(publisher.at('Base-40-1.9.tar.gz'), 'changed');

    const result = await build(shop);

    expect(result.status).toBe(1);
    expect(said(result)).toContain('DIGEST_MISMATCH');
    expect(said(result)).toContain('root.d/10-image of element cloud');
    expect(await keptImages(shop)).toEqual([]);
  });

  test('whose checksums somebody else has signed is refused before it is fetched', async () => {
    await using rig = await publishedRoot();
    await using other = await imagePublisher();
    const { shop, publisher } = rig;

    const result = await build(shop, [], { DIB_BASE_IMAGE_KEYRING: other.keyring });

    expect(result.status).toBe(1);
    expect(said(result)).toContain('SIGNATURE_INVALID');
    expect(said(result)).toContain('The element cloud has no base image');
    expect(fetched(publisher)).toEqual([]);
  });

  test('without checksums is fetched anew when the server has another version', async () => {
    await using rig = await publishedRoot({ DIB_BASE_IMAGE_CHECKSUMS: 'none' });
    const { shop, publisher } = rig;

    const [first, second] = [await build(shop), await build(shop)];
    await run('cp', [await newTree(rig, 'other.tar.gz', 'VERSION_ID=2\n'), publisher.at('Base-40-1.9.tar.gz')]);
    const third = await build(shop);

    for (const result of [first, second, third]) expect(result.status, said(result)).toBe(0);
    expect(fetched(publisher)).toEqual(['/Base-40-1.9.tar.gz', '/Base-40-1.9.tar.gz']);
    await expect(shop.content('etc/os-release')).resolves.toBe('VERSION_ID=2\n');
  });

  test.for([
    {
      fault: 'no file fits',
      env: { PATTERN: 'Other-*.tar.gz' },
      code: 'FETCH_FAILED',
      says: 'has no image of that name',
    },
    {
      fault: 'there are no checksums',
      env: { DIB_BASE_IMAGE_CHECKSUMS: 'https+nothing' },
      code: 'FETCH_FAILED',
      says: 'https+nothing',
    },
    {
      fault: 'the keyring is missing',
      env: { DIB_BASE_IMAGE_KEYRING: '/none.gpg' },
      code: 'TOOL_MISSING',
      says: '/none.gpg',
    },
  ])('is refused before any hook runs when $fault', async ({ env, code, says }) => {
    await using rig = await publishedRoot();

    const result = await build(rig.shop, [], env);

    expect(result.status).toBe(1);
    expect(said(result)).toContain(code);
    expect(said(result)).toContain(says);
    expect(said(result)).not.toContain('10-image');
  });
});

/** What the elements of distributions need and what this tiny tree has no programs for. */
const EMPTY_ELEMENTS = Object.fromEntries(
  [
    'dkms',
    'package-installs',
    'redhat-common',
    'rhel-common',
    'rpm-distro',
    'source-repositories',
    'yum',
    'zypper',
  ].map((name) => [`${name}/README.rst`, '']),
);

describe('the element of a distribution', () => {
  test('rhel says where its image is to come from', async () => {
    await using shop = await workshop(EMPTY_ELEMENTS);

    const result = await shop.command('disk-image-create', ['-n', '-t', 'tar', '-o', shop.at('image'), 'rhel']);

    expect(result.status).toBe(1);
    expect(said(result)).toContain('DEFINITION_INVALID');
    expect(said(result)).toContain('The element rhel has no base image: No base image is named');
    expect(said(result)).toContain('DIB_LOCAL_IMAGE=/srv/images/rhel-9.4-x86_64-kvm.qcow2');
  });

  test.for([
    { element: 'fedora', release: '99' },
    { element: 'opensuse', release: '15.9' },
    { element: 'ubuntu', release: 'noblr' },
  ])('$element names the releases that its publisher has for one that it has not', async ({ element, release }) => {
    await using publisher = await imagePublisher();
    for (const name of ['41', '42', 'Leap_15.6', 'noble'])
      await mkdir(publisher.at(`images/${name}/current`), { recursive: true });
    const { url } = publisher.server;
    await using shop = await workshop({
      ...EMPTY_ELEMENTS,
      'ubuntu-common/README.rst': '',
      'ubuntu-kernel/README.rst': '',
    });
    const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), element];
    const env = { DIB_RELEASE: release, DIB_CLOUD_IMAGES: `${url}/images/${release}/current` };

    const result = await shop.command('disk-image-create', words, { env });

    expect(result.status).toBe(1);
    expect(said(result)).toMatch(/code +FETCH_FAILED/);
    expect(said(result)).toContain(`The element ${element} has no base image: ${url}/images/${release}/current/`);
    expect(said(result)).toContain(`${url}/images/ has: 41, 42, Leap_15.6, noble. Check DIB_RELEASE,`);
    expect(await keptImages(shop)).toEqual([]);
  });

  test("somebody else's takes an image with cache-url and extract-image, and offline from their cache", async () => {
    await using publisher = await imagePublisher();
    await using scratch = await folderTree();
    const tree = await fakeRoot(scratch.at('source'), { 'etc/os-release': 'ID=theirs\n' });
    await publisher.publish(await cloudDisk(tree, scratch.at('their.qcow2'), 'ext4'));
    await using shop = await workshop({
      ...EMPTY_ELEMENTS,
      'theirs/element-deps': 'cache-url\nsysprep\n',
      'theirs/element-provides': 'operating-system\n',
      'theirs/root.d/10-theirs': hook(
        `"$TMP_HOOKS_PATH/bin/extract-image" their.qcow2 their.tgz ${publisher.server.url}/their.qcow2 "$DIB_IMAGE_CACHE/their.qcow2"`,
      ),
    });
    const words = ['-n', '-t', 'tar', '-o', shop.at('image'), 'theirs'];

    const fetching = await shop.command('disk-image-create', words);
    await rm(shop.at('cache/ingot/layers'), { recursive: true });
    await run('tar', ['--create', '--gzip', '--file', shop.at('cache/their.tgz'), '--directory', tree, '.']);
    const offline = await shop.command('disk-image-create', ['--offline', ...words]);

    expect(fetching.status, said(fetching)).toBe(0);
    expect(offline.status, said(offline)).toBe(0);
    await expect(shop.content('etc/os-release')).resolves.toBe('ID=theirs\n');
  });
});

describe('an image of this machine', () => {
  test.for(['squashfs', 'tar.xz', 'qcow2.xz'])('is unpacked from a file of type %s', async (type) => {
    await using scratch = await folderTree();
    const tree = await fakeRoot(scratch.at('source'), { 'etc/os-release': `ID=${type}\n` });
    await using shop = await workshop(
      cloudElement({ INGOT_BASE_IMAGE: await localImage(tree, scratch.at('image'), type) }),
    );

    const result = await build(shop);

    expect(result.status, said(result)).toBe(0);
    await expect(shop.content('etc/os-release')).resolves.toBe(`ID=${type}\n`);
  });

  test.for(['oci-archive', 'docker-archive'])(
    'is unpacked from a container of type %s, layer by layer',
    async (type) => {
      await using scratch = await folderTree({ 'storage/': '', 'run/': '' });
      await fakeRoot(scratch.at('context/tree'), { 'etc/removed': 'removed\n', 'srv/first': '1\n' });
      await writeFile(
        scratch.at('context/Containerfile'),
        'FROM scratch\nCOPY tree /\nRUN rm -r /etc/removed /srv && mkdir /srv && echo 2 >/srv/second\n',
      );
      const podman = async (...args: readonly string[]) =>
        await run('podman', ['--root', scratch.at('storage'), '--runroot', scratch.at('run'), ...args]);
      await podman('build', '--isolation=chroot', '--layers', '--tag', 'localhost/base', scratch.at('context'));
      await podman('save', '--quiet', '--format', type, '--output', scratch.at('base.tar'), 'localhost/base');
      await run('umount', [scratch.at('storage/overlay')], { okStatuses: [0, 32] });
      await using shop = await workshop(cloudElement({ INGOT_BASE_IMAGE: scratch.at('base.tar') }));

      const result = await build(shop);

      expect(result.status, said(result)).toBe(0);
      const names = await shop.names();
      expect(names).toContain('srv/second');
      expect(
        names.filter((name) => ['srv/first', 'etc/removed', 'oci-layout', 'manifest.json'].includes(name)),
      ).toEqual([]);
    },
  );

  test('that is not there is told before any hook runs', async () => {
    await using shop = await workshop(cloudElement({ INGOT_BASE_IMAGE: '/nowhere/base.qcow2' }));

    const result = await build(shop);

    expect(result.status).toBe(1);
    expect(said(result)).toContain('DEFINITION_INVALID');
    expect(said(result)).toContain('The element cloud has no base image: There is no base image /nowhere/base.qcow2');
  });

  test('that holds no image is told by its name', async () => {
    await using shop = await workshop();
    await writeFile(shop.at('base.tar'), 'nonsense');
    await shop.write(cloudElement({ INGOT_BASE_IMAGE: shop.at('base.tar') }));

    const result = await build(shop);

    expect(result.status).toBe(1);
    expect(said(result)).toContain('IMAGE_UNREADABLE');
    expect(said(result)).toContain('The base image base.tar has no root filesystem that can be read: found none');
  });
});

interface Rig extends AsyncDisposable {
  readonly shop: Workshop;
  readonly publisher: ImagePublisher;
  readonly at: (name: string) => string;
}

/** A publisher with two versions of a root, and an element that starts from the newest one. */
async function publishedRoot(env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const stack = new AsyncDisposableStack();
  const publisher = stack.use(await imagePublisher());
  const scratch = stack.use(await folderTree());
  const shop = stack.use(await workshop());
  const rig = { shop, publisher, at: scratch.at };
  await publisher.publish(
    await newTree(rig, 'Base-40-1.2.tar.gz', 'VERSION_ID=0\n'),
    await newTree(rig, 'Base-40-1.9.tar.gz', 'VERSION_ID=1\n'),
  );
  const { url } = publisher.server;
  const element = cloudElement({
    INGOT_BASE_IMAGE_CHECKSUMS: `${url}/CHECKSUM`,
    INGOT_BASE_IMAGE_SIGNATURE: 'inline',
    INGOT_BASE_IMAGE_KEYRINGS: `/nowhere.gpg ${publisher.keyring}`,
    ...env,
  });
  await shop.write({
    ...element,
    'cloud/environment.d/60-name.bash': `export INGOT_BASE_IMAGE="${url}/\${PATTERN:-Base-40-*.tar.gz}"\n`,
  });
  return { ...rig, [Symbol.asyncDispose]: async () => await stack.disposeAsync() };
}

async function newTree({ at }: Pick<Rig, 'at'>, name: string, release: string): Promise<string> {
  const tree = await fakeRoot(at(`tree-${name}`), { 'etc/os-release': release });
  await run('tar', ['--create', '--gzip', '--file', at(name), '--directory', tree, '.']);
  return at(name);
}

async function localImage(tree: string, path: string, type: string): Promise<string> {
  const image = `${path}.${type}`;
  if (type === 'squashfs') await run('mksquashfs', [tree, image, '-quiet', '-no-progress', '-comp', 'zstd']);
  else if (type === 'tar.xz')
    await run('tar', ['--create', '--use-compress-program', 'xz -0', '--file', image, '--directory', tree, '.']);
  else await run('xz', ['-0', await cloudDisk(tree, image.replace(/\.xz$/, ''), 'ext4')]);
  return image;
}

function buildWords(shop: Workshop): readonly string[] {
  return ['-n', '-t', 'tar', '-o', shop.at('image'), 'cloud'];
}

async function build(shop: Workshop, options: readonly string[] = [], env: CommandCall['env'] = {}) {
  return await shop.command('disk-image-create', [...options, ...buildWords(shop)], { env });
}

/** Images that a server was asked for and did send. */
function fetched({ server }: ImagePublisher, from = 0, to?: number): readonly string[] {
  return server.requests
    .slice(from, to)
    .filter(({ path, method }) => path.endsWith('.tar.gz') && method === 'GET')
    .map(({ path }) => path);
}

async function keptImages(shop: Workshop): Promise<readonly string[]> {
  const names = await readdir(shop.at('cache/ingot/base-images'));
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name));
}
