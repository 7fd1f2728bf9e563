import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';

/** Puts the recording docker first in PATH. @returns the environment for builds */
async function withDocker(shop: Workshop): Promise<{ readonly PATH: string }> {
  await mkdir(shop.at('programs'));
  await copyFile(new URL('../support/recording-docker', import.meta.url), shop.at('programs/docker'));
  return { PATH: `${shop.at('programs')}:${process.env.PATH}` };
}

describe('docker', () => {
  test('gets the archive of the tree by docker import under the wanted name, in each build', {
    tags: ['formats.docker', 'cli.docker-target'],
  }, async () => {
    await using shop = await workshop({ 'marks/install.d/10-mark': hook('echo here >/etc/mark') });
    const env = await withDocker(shop);
    const options = ['-t', 'docker,tar', '--docker-target', 'registry.example/web:1'];

    const result = await shop.build({ elements: ['marks'], options, env });
    await shop.build({ elements: ['marks'], options, env });

    expect(result.status, said(result)).toBe(0);
    expect(said(result)).toContain('Docker has the image registry.example/web:1 as sha256:0123456789abcdef');
    const calls = (await readFile(shop.at('programs/calls'), 'utf8')).trim().split('\n');
    expect(calls.filter((call) => !call.startsWith('version'))).toEqual([
      'import - registry.example/web:1',
      'import - registry.example/web:1',
    ]);
    await run('cmp', [shop.at('programs/imported'), shop.at('image.tar')]);
    const { stdout } = await run('tar', ['-xOf', shop.at('programs/imported'), './etc/mark']);
    expect(stdout).toBe('here\n');
  });

  test('without a name for the image is an error before the build', { tags: ['cli.docker-target'] }, async () => {
    await using shop = await workshop();

    const result = await shop.build({ options: ['-t', 'docker'], env: await withDocker(shop) });

    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/The format docker needs a name for the image\n.*--docker-target web:1/);
    expect(await readdir(shop.at('programs'))).toEqual(['docker']);
  });

  test('without a daemon is an error before the first hook, with what docker says', async () => {
    await using shop = await workshop({ 'speaks/root.d/01-speak': hook('echo HOOK RUNS') });
    const env = await withDocker(shop);
    await writeFile(shop.at('programs/docker'), '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n');

    const result = await shop.build({ elements: ['speaks'], options: ['-t', 'docker', '--docker-target', 'web'], env });

    expect(result.status).toBe(1);
    expect(said(result)).toMatch(
      /The Docker daemon, which the image web should go to, does not answer(.|\n)*Cannot connect/,
    );
    expect(said(result)).toContain('The format oci needs no daemon.');
    expect(said(result)).not.toContain('HOOK RUNS');
  });
});

/** What dumpe2fs says of the ext4 filesystem that fills a raw image, by the names that it gives. */
async function ext4Facts(image: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run('dumpe2fs', ['-h', image]);
  return new Map([...stdout.matchAll(/^([^:\n]+):\s+(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
}

async function qemuFacts(image: string): Promise<{ readonly [name: string]: unknown }> {
  return JSON.parse((await run('qemu-img', ['info', '--output=json', image])).stdout);
}

describe('options for the disk', () => {
  test('reach the image: its size, its journal, and what mkfs is told', {
    tags: ['cli.image-size', 'cli.journal-size', 'cli.mkfs-options', 'cli.max-online-resize', 'size.rounded'],
  }, async () => {
    await using shop = await workshop();
    const size = ['--image-size', '0.4', '--mkfs-journal-size', '8', '--max-online-resize', '100000000'];
    const options = ['-t', 'raw', ...size, '--mkfs-options', '-O ^metadata_csum  -m 2 -i 16384'];

    const result = await shop.build({ options });

    expect(result.status, said(result)).toBe(0);
    expect(await qemuFacts(shop.at('image.raw'))).toMatchObject({ 'virtual-size': 419_456 * 1024 });
    const facts = await ext4Facts(shop.at('image.raw'));
    const value = (name: string): number => Number(facts.get(name));
    expect(facts.get('Total journal size')).toBe('8M');
    expect(facts.get('Filesystem features')).not.toContain('metadata_csum');
    expect(value('Reserved block count') / value('Block count')).toBeCloseTo(0.02, 3);
    expect((value('Block count') * 4096) / value('Inode count')).toBeCloseTo(16_384, -3);
    // Descriptors of 64 bytes for all groups of 32768 blocks, less those that the filesystem has already.
    const groups = (blocks: number): number => Math.ceil(blocks / 32_768);
    const descriptors = (blocks: number): number => Math.ceil((groups(blocks) * 64) / 4096);
    expect(value('Reserved GDT blocks')).toBe(descriptors(100_000_000) - descriptors(value('Block count')));
  });

  test('add room in MiB to what the files take', { tags: ['cli.image-extra-size'] }, async () => {
    await using shop = await workshop();
    const sizeWith = async (mib: string): Promise<number> => {
      const result = await shop.build({
        options: ['-t', 'raw', '--image-extra-size', mib, '-o', shop.at(`with-${mib}`)],
      });
      expect(result.status, said(result)).toBe(0);
      return (await stat(shop.at(`with-${mib}.raw`))).size;
    };

    expect((await sizeWith('90.5')) - (await sizeWith('60'))).toBe(30.5 * 1024 * 1024);
  });
});

test('an image that is there already is kept under a name with the time, with its sums, and nothing of it is lost', {
  tags: ['names.old-image', 'names.checksums'],
}, async () => {
  await using shop = await workshop();
  const options = ['-t', 'qcow2,tgz', '--checksum'];
  const env = { DIB_JOURNAL_SIZE: '4' };
  await shop.build({ options, env });
  const [old] = await readdir(shop.path).then((names) => names.filter((name) => name === 'image.qcow2'));
  const { ino } = await stat(shop.at(old ?? ''));

  const result = await shop.build({ options, env });

  expect(result.status, said(result)).toBe(0);
  const names = (await readdir(shop.path)).filter((name) => name.startsWith('image'));
  const time = /^image-\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d\.(qcow2|tgz)$/;
  const kept = names.filter((name) => time.test(name));
  expect(kept).toHaveLength(2);
  expect(names.sort()).toEqual(
    [...kept, 'image.qcow2', 'image.tgz'].flatMap((name) => [name, `${name}.md5`, `${name}.sha256`]).sort(),
  );
  expect((await stat(shop.at(kept.find((name) => name.endsWith('.qcow2')) ?? ''))).ino).toBe(ino);
  await run('sha256sum', ['--check', '--strict', 'image.qcow2.sha256', 'image.tgz.sha256'], { cwd: shop.path });
});

test('a call of nodepool gives the images, sums and manifests that it reads', {
  tags: ['formats.qcow2', 'names.several-types', 'names.checksums', 'cli.checksum'],
}, async () => {
  await using shop = await workshop({ 'base/install.d/10-base': hook('echo base >/etc/base') });
  const path = shop.at('images/fake-os-0000000001');
  await mkdir(shop.at('images'));
  const formats = ['-x', '-t', 'qcow2,raw', '--checksum', '--no-tmpfs', '--qemu-img-options', 'compat=0.10'];
  const env = { DIB_IMAGE_CACHE: shop.at('cache'), DIB_JOURNAL_SIZE: '4' };

  const result = await shop.command('disk-image-create', [...formats, '-o', path, 'fake-os', 'manifests'], { env });

  expect(result.status, said(result)).toBe(0);
  expect((await readdir(shop.at('images'))).sort()).toEqual(
    ['d', 'qcow2', 'qcow2.md5', 'qcow2.sha256', 'raw', 'raw.md5', 'raw.sha256'].map(
      (type) => `fake-os-0000000001.${type}`,
    ),
  );
  for (const type of ['qcow2', 'raw'])
    for (const sum of ['md5', 'sha256']) {
      const [first] = (await readFile(`${path}.${type}.${sum}`, 'utf8')).split(/\s+/);
      expect(first).toBe((await run(`${sum}sum`, [`${path}.${type}`])).stdout.split(' ')[0]);
    }
  expect(await qemuFacts(`${path}.qcow2`)).toMatchObject({ 'format-specific': { data: { compat: '0.10' } } });
  await run('qemu-img', ['compare', '-q', '-f', 'qcow2', '-F', 'raw', `${path}.qcow2`, `${path}.raw`]);
  expect(await readdir(`${path}.d/dib-manifests`)).toContain('dib_arguments');
});
