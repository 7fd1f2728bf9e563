import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { dockerFormat, importIntoDocker } from '../../../src/formats/docker.ts';
import { run } from '../../../src/host/process.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { formatInput, formatWish } from '../../support/format-input.ts';

/** Makes a machine whose docker is the recording one. */
async function machine(scratch: FolderTree) {
  await mkdir(scratch.at('programs'), { recursive: true });
  await copyFile(new URL('../../support/recording-docker', import.meta.url), scratch.at('programs/docker'));
  return { dockerTarget: 'web:1', environment: { PATH: `${scratch.at('programs')}:${process.env.PATH}` } };
}

describe('docker', () => {
  it('gets the archive of the tree', async () => {
    await using scratch = await folderTree({ 'tree/etc/hostname': 'cast\n', 'tree/proc/1/status': 'of the host' });
    const wish = await machine(scratch);

    await importIntoDocker(formatInput(scratch.at('tree'), '', { wish }));

    const { stdout } = await run('tar', ['--list', '--file', scratch.at('programs/imported')]);
    expect(stdout).toBe('./\n./etc/\n./etc/hostname\n./proc/\n');
  });

  it('says in its own words why it refuses an image', async () => {
    await using scratch = await folderTree({ 'tree/etc/hostname': 'cast\n', 'programs/': '' });
    const wish = await machine(scratch);
    await writeFile(scratch.at('programs/import-fails'), '');

    await expect(importIntoDocker(formatInput(scratch.at('tree'), '', { wish }))).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'Docker did not take the image web:1',
      details: { tail: expect.arrayContaining(['Error response from daemon: no room for layers']) },
    });
  });

  it('is asked for an answer before the build', async () => {
    await using scratch = await folderTree({
      'programs/docker': 'exec:#!/bin/sh\necho no >&2; exit 1\n',
    });
    const environment = { PATH: `${scratch.at('programs')}:${process.env.PATH}` };

    await expect(dockerFormat.check(formatWish({ dockerTarget: 'web:1', environment }))).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: 'The Docker daemon, which the image web:1 should go to, does not answer',
      details: { tail: expect.arrayContaining(['no']) },
    });
  });
});
