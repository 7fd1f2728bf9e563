import { readdir, stat } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RunResult, run } from '../../src/host/process.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';

/** Clusters of a qcow2 image that are compressed, as qemu-img counts them. */
async function compressedClusters(image: string): Promise<number> {
  const { stdout } = await run('qemu-img', ['check', '--output', 'json', image]);
  const facts: { readonly 'compressed-clusters'?: number } = JSON.parse(stdout);
  return facts['compressed-clusters'] ?? 0;
}

describe('a build with no option but -n', () => {
  let shop: Workshop;
  let result: RunResult;
  const env = { DIB_NO_TIMESTAMP: undefined, DIB_JOURNAL_SIZE: '4' };
  beforeAll(async () => {
    shop = await workshop({
      'speaks/install.d/10-speak': hook(
        'echo "to standard output"; echo "to standard error" >&2',
        "echo '+ set +o xtrace'; echo 'xtrace off'; printf 'no line end'",
      ),
      'speaks/post-root.d/10-large': hook('head -c 12M /dev/urandom >"$TMP_MOUNT_PATH/opt-large"'),
    });
    result = await shop.command('disk-image-create', ['-n', 'fake-os', 'speaks'], { env });
    expect(result.status, said(result)).toBe(0);
    return async () => await shop[Symbol.asyncDispose]();
  });

  test('writes a compressed qcow2 image with the name image in the folder of the caller, and ends with 0', {
    tags: [
      'commands.disk-image-create',
      'cli.output',
      'cli.types-default',
      'names.relative',
      'exit.success',
      'formats.qcow2',
    ],
  }, async () => {
    expect(await readdir(shop.at('work'))).toEqual(['image.qcow2']);
    expect(await compressedClusters(shop.at('work/image.qcow2'))).toBeGreaterThan(10);
  });

  test('says everything on standard output, with the time in front', {
    tags: ['streams.stdout', 'streams.time'],
  }, () => {
    expect(result.stderr).toBe('');
    const lines = result.stdout.trimEnd().split('\n');
    const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| /;
    expect(lines.filter((line) => !time.test(line))).toEqual([]);
    const texts = lines.map((line) => line.replace(time, ''));
    expect(texts).toEqual(expect.arrayContaining(['to standard output', 'to standard error', 'no line end']));
  });

  test('drops lines that only switch tracing', { tags: ['streams.trace-noise'] }, () => {
    expect(result.stdout).not.toContain('xtrace');
  });

  test('leaves the image uncompressed with -u, and the times out with DIB_NO_TIMESTAMP=1', {
    tags: ['cli.uncompressed', 'cli.output', 'streams.no-time', 'formats.qcow2'],
  }, async () => {
    const words = ['-n', '-u', '-o', 'plain', 'fake-os', 'speaks'];

    const plain = await shop.command('disk-image-create', words, { env: { ...env, DIB_NO_TIMESTAMP: '1' } });

    expect(plain.status, said(plain)).toBe(0);
    expect(await compressedClusters(shop.at('work/plain.qcow2'))).toBe(0);
    expect(plain.stdout).toMatch(/^Building elements/m);
  });

  test('writes each format as if it were the only one', {
    tags: ['subtle.09', 'formats.together', 'formats.qemu'],
  }, async () => {
    const words = ['-n', '-t', 'tar,tgz,vmdk,qcow2', '-o', 'several', 'fake-os', 'speaks'];

    const several = await shop.command('disk-image-create', words, { env });

    expect(several.status, said(several)).toBe(0);
    const names = (await readdir(shop.at('work'))).filter((name) => name.startsWith('several'));
    expect(names.sort()).toEqual(['qcow2', 'tar', 'tgz', 'vmdk'].map((format) => `several.${format}`));
    expect(await compressedClusters(shop.at('work/several.qcow2'))).toBeGreaterThan(10);
    const images = ['several.vmdk', 'several.qcow2'].map((name) => shop.at(`work/${name}`));
    expect((await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'qcow2', ...images])).stdout).toContain('identical');
    const [plain = 0, compressed = 0] = await Promise.all(images.map(async (image) => (await stat(image)).size));
    expect(plain).toBeGreaterThan(compressed * 1.2);
  });

  test.each([
    ['qcow2', 'cluster_size=128k', { 'cluster-size': 131072 }],
    ['vmdk', 'subformat=streamOptimized', { 'format-specific': { data: { 'create-type': 'streamOptimized' } } }],
  ])(
    'hands options for qemu-img on to it: %s with %s',
    {
      tags: ['formats.qemu-options', 'cli.qemu-img-options'],
    },
    async (format, options, facts) => {
      const words = ['-n', '-t', format, '--qemu-img-options', options, '-o', 'chosen', 'fake-os', 'speaks'];

      const result = await shop.command('disk-image-create', words, { env });

      expect(result.status, said(result)).toBe(0);
      const { stdout } = await run('qemu-img', ['info', '--output', 'json', shop.at(`work/chosen.${format}`)]);
      expect(JSON.parse(stdout)).toMatchObject(facts);
    },
  );

  test('writes no image of a disk where no-final-image is part of an element’s name', {
    tags: ['phases.no-final-image'],
  }, async () => {
    await shop.write({ 'my-no-final-image/README.rst': '' });
    const words = ['-n', '-t', 'qcow2,tar', '-o', 'own', 'fake-os', 'my-no-final-image'];

    const result = await shop.command('disk-image-create', words, { env });

    expect(result.status, said(result)).toBe(0);
    expect((await readdir(shop.at('work'))).filter((name) => name.startsWith('own'))).toEqual(['own.tar']);
  });

  test('lists what takes room in the image where that is wanted', { tags: ['variables.usage'] }, async () => {
    const words = ['-n', '-t', 'tar', '-o', 'listed', 'fake-os', 'speaks'];
    const listing = async (more: Readonly<Record<string, string>>) =>
      (await shop.command('disk-image-create', words, { env: { ...env, DIB_NO_TIMESTAMP: '1', ...more } })).stdout;

    const large = await listing({ DIB_SHOW_IMAGE_USAGE: '1' });
    const full = await listing({ DIB_SHOW_IMAGE_USAGE: '1', DIB_SHOW_IMAGE_USAGE_FULL: '1' });

    expect(large).toMatch(/^Image size report(.*\n)+? +\d+(\.\d)? MiB \/\n(.*\n)*? +12\.0 MiB \/opt-large$/m);
    expect(large).not.toContain('/etc/passwd');
    expect(full).toMatch(/^ +12\.0 MiB \/opt-large\n(.*\n)+ +4\.0 KiB \/etc\/passwd$/m);
  });
});
