import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run, runForStatus } from '../../src/host/process.ts';
import { MIB } from '../../src/model/bytes.ts';
import { hook, said, workshop } from '../support/cli.ts';
import { assemble, EPOCH, makeTortureTree, runAsRoot } from '../support/disk-image.ts';
import { folderTree } from '../support/folder-tree.ts';
import { extractPartition, partitionsOf } from '../support/partitions.ts';
import { testUser } from '../support/test-user.ts';

const LAYOUT = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: BSP, type: EF02, size: 1MiB}
      - {name: root, size: 100%, mkfs: {type: xfs, opts: -q, uuid: 11111111-2222-4333-8444-555555555555, mount: {mount_point: /}}}
`;

const TELL_CONTENTS = fileURLToPath(new URL('../support/tell-contents', import.meta.url));

/** What a folder or the filesystem in a file holds, as programs tell that write none. */
async function contentsOf(path: string): Promise<readonly string[]> {
  const { status, stdout, tail } = await runAsRoot(TELL_CONTENTS, path);
  expect(status, tail.join('\n')).toBe(0);
  return stdout.trim().split('\n');
}

test('an xfs filesystem has everything of its tree, and is sound', async () => {
  await using scratch = await folderTree();
  const [tree, image, part] = [scratch.at('tree'), scratch.at('image.raw'), scratch.at('part')];
  await makeTortureTree(tree);

  expect(await assemble({ tree, output: image, layout: LAYOUT, mib: 320 })).toMatchObject({ status: 0 });

  const [, root] = (await partitionsOf(image)).partitions;
  if (root === undefined) throw new Error('The image has no second partition');
  await extractPartition(image, root, part);
  expect((await runForStatus('xfs_repair', ['-n', '-f', part])).status).toBe(0);
  const { stdout } = await run('xfs_db', ['-r', '-f', '-c', 'sb 0', '-c', 'print fname uuid', part]);
  expect(stdout).toBe('fname = "img-rootfs\\000\\000"\nuuid = 11111111-2222-4333-8444-555555555555\n');
  await run('touch', ['--date', `@${EPOCH}`, `${tree}/dev`]);
  const late = ['-newermt', `@${EPOCH}`, '-exec', 'touch', '--no-dereference', '--date', `@${EPOCH}`, '{}', '+'];
  await run('find', [tree, ...late]);
  const seen = await contentsOf(part);
  expect(seen.slice(0, -2)).toEqual((await contentsOf(tree)).slice(0, -2));
  expect(seen.at(-2)).toBe('character special file 600 5:1');
  expect(Number(seen.at(-1)) * 512).toBeLessThan(MIB);
});

test.each([
  [200, 'XFS is never smaller than 300 MiB'],
  [320, 'its tree needs 4'],
])('a disk of %i MiB that is too small for xfs is told with what is missing', async (mib, reason) => {
  await using scratch = await folderTree();
  await run('mkdir', [scratch.at('tree')]);
  await run('fallocate', ['--length', '400M', scratch.at('tree/large')]);

  const { status, tail } = await assemble({
    tree: scratch.at('tree'),
    output: scratch.at('image.raw'),
    layout: LAYOUT,
    mib,
  });

  expect(status).toBe(1);
  expect(JSON.parse(tail.at(-1) ?? '')).toMatchObject({
    code: 'IMAGE_TOO_SMALL',
    message: expect.stringContaining(reason),
  });
});

test('FS_TYPE=xfs builds an image and leaves no loop device and no mount', async () => {
  await using shop = await workshop();
  const before = await shop.hostState();

  const result = await shop.build({ options: ['-t', 'raw', '--image-size', '0.4'], env: { FS_TYPE: 'xfs' } });

  expect(result.status, said(result)).toBe(0);
  expect(await shop.hostState()).toEqual(before);
  const { stdout } = await run('xfs_db', ['-r', '-f', '-c', 'sb 0', '-c', 'print fname', shop.at('image.raw')]);
  expect(stdout).toContain('img-rootfs');
});

test('a user is told before the first hook that xfs needs root, and what to choose', async () => {
  await using user = await testUser();
  await using shop = await workshop({ 'say/root.d/01-say': hook('echo "RAN first"') });
  const [command = '', ...args] = await user.words(
    shop,
    shop.buildWords({ elements: ['say'], options: ['-t', 'raw'] }),
  );

  const result = await runForStatus(command, args, {
    env: shop.environment({ env: { FS_TYPE: 'xfs' } }),
    cwd: shop.at('work'),
  });

  expect(result.status).toBe(1);
  expect(said(result)).toContain('The filesystem "mkfs_root" is of type xfs');
  expect(said(result)).toContain('only root can make one');
  expect(said(result)).toContain('FS_TYPE');
  expect(said(result)).not.toContain('RAN first');
});
