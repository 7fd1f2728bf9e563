import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
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

  test('that refuses the image fails the build with its own words', async () => {
    await using shop = await workshop();
    const env = await withDocker(shop);
    await writeFile(shop.at('programs/import-fails'), '');

    const result = await shop.build({ options: ['-t', 'docker,tar'], env: { ...env, DOCKER_TARGET: 'web' } });

    expect(result.status).toBe(1);
    expect(said(result)).toMatch(/Docker did not take the image web(.|\n)*no room for layers/);
    expect(await readdir(shop.path)).toContain('image.tar');
  });
});
