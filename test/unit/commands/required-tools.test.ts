import { describe, expect, it } from 'vitest';
import { checkTools } from '../../../src/commands/required-tools.ts';
import type { BuildRequest } from '../../../src/model/request.ts';
import { parseDiskImageCreate } from '../../../src/spec/disk-image-create.ts';
import { folderTree } from '../../support/folder-tree.ts';

function requestWith(path: string, formats: string): BuildRequest {
  const call = parseDiskImageCreate({
    command: 'disk-image-create',
    words: ['-t', formats, 'vm'],
    environment: { PATH: path },
    facts: { workingFolder: '/work', homeFolder: '/home/ann', arch: 'amd64' },
  });
  if (call.kind !== 'build') throw new Error('no build');
  return call.request;
}

describe('the check for tools', () => {
  it('is content with a machine that has them', async () => {
    await expect(checkTools(requestWith('/usr/bin:/bin', 'qcow2,raw,tgz'))).resolves.toBeUndefined();
  });

  it('names the missing program, the format that needs it and its package', async () => {
    await using scratch = await folderTree();

    await expect(checkTools(requestWith(scratch.path, 'vmdk'))).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringContaining('qemu-img (for the format vmdk)'),
      hint: expect.stringMatching(/ingot doctor --install, or: apt-get install .*qemu-utils/),
    });
  });

  it('names what the containers of target images need', async () => {
    await using scratch = await folderTree();
    const image = { mountPoint: '/', name: 'env_1.img.gz', filesystem: 'ext4', container: 'gzip' } as const;
    const request = { ...requestWith(scratch.path, 'raw'), targetImages: { folder: '/out', images: [image] } };

    await expect(checkTools(request)).rejects.toMatchObject({
      message: expect.stringContaining('libdeflate-gzip (for images under gzip)'),
      hint: expect.stringContaining('libdeflate-tools'),
    });
  });
});
