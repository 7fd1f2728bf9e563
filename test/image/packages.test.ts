import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Environment } from '../../src/model/request.ts';
import { type AptRepository, aptRepository, makeKey } from '../support/apt-repository.ts';
import { said } from '../support/cli.ts';
import { folderTree } from '../support/folder-tree.ts';
import { type ImageCall, needServer, SERVER, tryBuild } from '../support/image-build.ts';

/** A build from a package source of its own, without a disk. */
function from(uri: string, env: Environment = {}): ImageCall {
  return {
    name: 'other',
    elements: ['debian-minimal'],
    options: ['-t', 'tar'],
    env: {
      DIB_RELEASE: 'stable',
      DIB_DISTRIBUTION_MIRROR: uri,
      DIB_APT_SOURCES_CONF: `default:deb ${uri} stable main`,
      ...env,
    },
  };
}

describe('a build whose packages cannot be had', () => {
  let repository: AptRepository;
  beforeAll(async () => {
    repository = await aptRepository([{ name: 'base', fields: { Essential: 'yes', Priority: 'required' } }]);
  });
  afterAll(async () => await repository[Symbol.asyncDispose]());

  test('names the repository whose signature is of another key', async () => {
    await using keys = await folderTree({ 'stranger/': '' });
    const stranger = await makeKey(join(keys.path, 'stranger'));

    const result = await tryBuild(from(repository.server.url, { DIB_APT_KEYRING: stranger.keyring }));

    expect(result.status).toBe(1);
    expect(said(result)).toContain('SIGNATURE_INVALID');
    expect(said(result)).toContain(repository.server.url);
    expect(said(result)).toContain('DIB_APT_KEYRING');
  });

  test('names all packages that no repository has', async () => {
    const result = await tryBuild(from(repository.server.url, { DIB_APT_KEYRING: repository.keyring }));

    expect(result.status).toBe(1);
    expect(said(result)).toContain('PACKAGE_UNKNOWN');
    expect(said(result)).toMatch(/No package source has the packages apt, .*\bpython3\b/);
  });

  test('names the mirror that does not answer', async () => {
    const { url } = repository.server;
    await repository.server[Symbol.asyncDispose]();

    const result = await tryBuild(from(url, { DIB_APT_KEYRING: repository.keyring }));

    expect(result.status).toBe(1);
    expect(said(result)).toContain('FETCH_FAILED');
    expect(said(result)).toContain(url);
  });
});

describe('a further package for the server', () => {
  test('that does not exist fails with its name, without installing the others again', async () => {
    await needServer();

    const result = await tryBuild({ ...SERVER, name: 'unknown', options: ['-p', 'no-such-package', '-t', 'raw'] });

    expect(result.status).toBe(100);
    expect(said(result)).toContain('PACKAGE_UNKNOWN');
    expect(said(result)).toContain('No package source has the package no-such-package');
    expect(said(result)).not.toContain('Unpacking openssh-server');
  });
});
