import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkTargetSpace } from '../../../src/commands/target-space.ts';
import { folderTree } from '../../support/folder-tree.ts';

const IMAGE = { mountPoint: '/', filesystem: 'ext4', container: 'gzip', name: 'root.img.gz' } as const;

test('a request that no disk can hold is refused with the folders and what they lack', async () => {
  await using folder = await folderTree({ 'cache/': '', 'images/': '' });
  const places = { output: `${folder.path}/images`, imageCache: `${folder.path}/cache` };

  await expect(checkTargetSpace(places, [IMAGE], 100_000_000)).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringMatching(
      new RegExp(`below ${folder.path}/cache, ${folder.path}/images they take at least .* are free$`),
    ),
    hint: expect.stringContaining('DIB_IMAGE_CACHE'),
  });
});

test('a small request is let through', async () => {
  const here = fileURLToPath(new URL('.', import.meta.url));

  await expect(checkTargetSpace({ output: here, imageCache: here }, [IMAGE], 3)).resolves.toBeUndefined();
});
