import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

test('builds in memory where there is enough of it, and on disk otherwise', {
  tags: ['phases.tmpfs', 'cli.no-tmpfs', 'cli.min-tmpfs'],
}, async () => {
  await using shop = await workshop({
    'look/extra-data.d/10-look': hook(
      'if findmnt --types tmpfs --mountpoint "$TMP_IMAGE_DIR" >/dev/null; then echo "IN memory"; else echo "IN a folder"; fi',
      'echo "$TRY" >"$TMP_MOUNT_PATH/try"',
    ),
  });
  const place = async (env: Readonly<Record<string, string>>, options: readonly string[] = []) => {
    const result = await shop.build({
      elements: ['look'],
      env: { ...env, TRY: JSON.stringify([env, options]) },
      options,
    });
    expect(result.status, said(result)).toBe(0);
    return marked(result, 'IN');
  };

  expect(await place({ DIB_MIN_TMPFS: '0.1' })).toEqual(['memory']);
  expect(await place({ DIB_MIN_TMPFS: '0.1', DIB_NO_TMPFS: 'yes' })).toEqual(['a folder']);
  expect(await place({}, ['--min-tmpfs', '100000'])).toEqual(['a folder']);
});
