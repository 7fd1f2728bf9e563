import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

test('runs break_cmd before a phase of the host, with the environment of its hooks', {
  tags: ['break.command', 'break.side'],
}, async () => {
  await using shop = await workshop({ 'one/post-root.d/10-x': hook('echo "RAN hook"') });
  const env = {
    break: 'before-post-root',
    break_cmd: 'echo "RAN shell $IMAGE_ELEMENT $(ls -d "$TMP_MOUNT_PATH/etc" | wc -l)"',
  };

  const result = await shop.build({ elements: ['one'], env });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['shell fake-os one 1', 'hook']);
});

test('fires for phases of the host that have no hook, and not for such phases of the chroot', {
  tags: ['break.points', 'merge.no-folder'],
}, async () => {
  await using shop = await workshop();
  const env = { break: 'before-extra-data,before-install,before-cleanup', break_cmd: 'echo "RAN shell"' };

  const result = await shop.build({ env });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['shell', 'shell']);
});

test('opens a shell after a phase, whatever break_cmd says', { tags: ['break.points', 'subtle.12'] }, async () => {
  await using shop = await workshop({ 'one/post-root.d/10-x': hook('echo "RAN hook"') });

  const result = await shop.build({
    elements: ['one'],
    env: { break: 'after-post-root', break_cmd: 'echo "RAN command"' },
  });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['hook']);
  expect(result.stdout).toMatch(/^Opening a shell: after-post-root$/m);
});

test('a shell that ends with a status other than 0 does not end the build', { tags: ['break.status'] }, async () => {
  await using shop = await workshop({ 'one/post-root.d/10-x': hook('echo "RAN hook"') });

  const result = await shop.build({
    elements: ['one'],
    env: { break: 'before-post-root,after-install', break_cmd: 'exit 9' },
  });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['hook']);
});

test('after-error runs break_cmd inside the tree as the hook left it, and the status stays', {
  tags: ['break.after-error', 'break.side', 'subtle.12'],
}, async () => {
  await using shop = await workshop({ 'one/install.d/10-x': hook('echo left >/opt-left', 'exit 42') });
  const env = { break: 'after-error', break_cmd: 'echo "RAN shell $(cat /opt-left) ${TMPDIR-none}"' };

  const result = await shop.build({ elements: ['one'], env });

  expect(result.status).toBe(42);
  expect(marked(result, 'RAN')).toEqual(['shell left none']);
});

test('break_outside_target takes after-error to the host', { tags: ['break.outside'] }, async () => {
  await using shop = await workshop({ 'one/install.d/10-x': hook('echo left >/opt-left', 'exit 42') });
  const env = {
    break: 'after-error',
    break_outside_target: '1',
    break_cmd: 'echo "RAN shell $(cat "$TMP_MOUNT_PATH/opt-left")"',
  };

  const result = await shop.build({ elements: ['one'], env });

  expect(result.status).toBe(42);
  expect(marked(result, 'RAN')).toEqual(['shell left']);
});

test('after-error is not for phases of the host', { tags: ['break.after-error'] }, async () => {
  await using shop = await workshop({ 'one/post-root.d/10-x': hook('exit 42') });

  const result = await shop.build({ elements: ['one'], env: { break: 'after-error', break_cmd: 'echo "RAN shell"' } });

  expect(result.status).toBe(42);
  expect(marked(result, 'RAN')).toEqual([]);
});
