import { mkdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

test.each([
  ["it's an ödd folder", 'blanks, quotes and letters of other alphabets'],
  ['a,b:c\\d', 'what separates options of mounts'],
])('builds where the names of folders have %j: %s', async (odd) => {
  await using shop = await workshop({
    'steps/extra-data.d/10-data': hook(
      'echo "RAN data"; mkdir "$TMP_MOUNT_PATH/m"; mount -t tmpfs x "$TMP_MOUNT_PATH/m"',
    ),
    'steps/install.d/10-look': hook('echo "RAN $(cat /tmp/in_target.d/files/a)"'),
    'steps/files/a': 'seen',
    'steps/environment.d/10-x': 'export X=1\n',
  });
  for (const name of ['tmp', 'cache', 'out', 'cwd']) await mkdir(shop.at(`${odd}/${name}`), { recursive: true });
  const env = { TMPDIR: shop.at(`${odd}/tmp`), DIB_IMAGE_CACHE: shop.at(`${odd}/cache`), DIB_JOURNAL_SIZE: '4' };
  const options = ['-t', 'tar,raw', '-o', shop.at(`${odd}/out/an image`)];

  for (const noTmpfs of ['1', '0']) {
    const call = { elements: ['steps'], env: { ...env, DIB_NO_TMPFS: noTmpfs, NO: noTmpfs }, options };
    const result = await shop.build({ ...call, cwd: shop.at(`${odd}/cwd`) });

    expect(result.status, said(result)).toBe(0);
    expect(marked(result, 'RAN')[0]).toBe('data');
    expect((await readFile(shop.at(`${odd}/out/an image.tar`))).length).toBeGreaterThan(1_000_000);
  }
});
