import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';
import { askDebugfs } from '../support/disk-image.ts';
import { partitionsOf } from '../support/partitions.ts';

/** A program docker whose images all have the files of a tar archive. */
const DOCKER = hook(
  'folder=$(dirname "$0"); echo "$*" >>"$folder/calls"',
  'case $1 in create) echo 0123 ;; export) cat "$folder/image.tar" ;; esac',
);

/** Builds a tree of its own that knows a file, and leaves the fake operating system out of the elements. */
async function buildFrom(
  shop: Workshop,
  elements: readonly string[],
  options: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const words = ['-n', '-o', shop.at('image'), ...options, ...elements];
  return await shop.command('disk-image-create', words, { env });
}

test('docker starts from the files of an image, and leaves no container', async () => {
  await using shop = await workshop({
    'files/docker': DOCKER,
    'mine/install.d/50-mine': hook('echo "$(< /etc/passwd)" >/etc/mine'),
  });
  const built = await shop.build();
  expect(built.status, said(built)).toBe(0);
  await run('mv', [shop.at('image.tar'), shop.at('elements/files/image.tar')]);

  const result = await buildFrom(shop, ['docker', 'mine'], ['-t', 'tar'], {
    DISTRO_NAME: 'debian',
    DIB_RELEASE: 'bookworm',
    PATH: `${shop.at('elements/files')}:${process.env.PATH}`,
  });

  expect(result.status, said(result)).toBe(0);
  expect(await shop.content('etc/mine')).toMatch(/^guest:x:1000/m);
  expect((await readFile(shop.at('elements/files/calls'), 'utf8')).split('\n').slice(0, 3)).toEqual([
    'create debian:bookworm /bin/sh',
    'export 0123',
    'rm --force 0123',
  ]);
});

test('docker names the variables that tell the image', async () => {
  await using shop = await workshop({ 'files/docker': DOCKER });

  const env = { PATH: `${shop.at('elements/files')}:${process.env.PATH}`, DISTRO_NAME: 'debian' };
  const result = await buildFrom(shop, ['docker'], ['-t', 'tar'], env);

  expect(result.status).toBe(1);
  expect(said(result)).toContain(
    'DIB_DOCKER_IMAGE is not set. Set it to the name of a Docker image, such as debian:bookworm',
  );
});

/** What the image that gets another layout was built as. */
const SYSTEM = {
  DISTRO_NAME: 'debian',
  DIB_RELEASE: 'bookworm',
  EFI_BOOT_DIR: 'EFI/debian',
  DIB_INIT_SYSTEM: 'systemd',
};

test.each(['replace-partition', 'replace-partition-redhat'])(
  '%s keeps the files of an image on a disk of another kind',
  async (element) => {
    await using shop = await workshop({
      'boot/element-provides': 'bootloader\n',
      'mine/install.d/50-mine': hook('echo kept >/etc/mine; chown 7:8 /etc/mine'),
    });
    const disk = ['-t', 'qcow2', '--image-size', '0.4'];
    const built = await shop.build({ elements: ['mine', 'block-device-gpt'], options: disk });
    expect(built.status, said(built)).toBe(0);
    await run('mv', [shop.at('image.qcow2'), shop.at('before.qcow2')]);

    const options = ['-t', 'raw', '--image-size', '0.4'];
    const env = { ...SYSTEM, DIB_LOCAL_IMAGE: '../before.qcow2' };
    const result = await buildFrom(shop, [element, 'boot', 'block-device-mbr'], options, env);

    expect(result.status, said(result)).toBe(0);
    const { label, partitions } = await partitionsOf(shop.at('image.raw'));
    expect([label, partitions.length]).toEqual(['dos', 1]);
    expect(await askDebugfs(shop.at('image.raw'), partitions[0]?.offset ?? 0, 'cat /etc/mine')).toBe('kept\n');
    expect(await askDebugfs(shop.at('image.raw'), partitions[0]?.offset ?? 0, 'stat /etc/mine')).toMatch(
      /User: +7 +Group: +8 /,
    );
  },
);

test.each(Object.keys(SYSTEM))('replace-partition asks for %s', async (name) => {
  await using shop = await workshop({ 'boot/element-provides': 'bootloader\n' });

  const env = { ...SYSTEM, DIB_LOCAL_IMAGE: '/nowhere', [name]: '' };
  const result = await buildFrom(shop, ['replace-partition', 'boot', 'block-device-mbr'], ['-t', 'raw'], env);

  expect(result.status).toBe(1);
  expect(said(result)).toContain(`${name} is not set. The element replace-partition cannot tell it from the image`);
});
