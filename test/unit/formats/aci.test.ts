import { chown, utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { aciFormat } from '../../../src/formats/aci.ts';
import { run } from '../../../src/host/process.ts';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { formatInput, formatWish } from '../../support/format-input.ts';

const FILES = {
  'tree/etc/hostname': 'cast\n',
  'tree/usr/bin/alias': 'link:../../.hidden',
  'tree/.hidden': 'kept',
  'tree/proc/1/status': 'of the host',
  'my-manifest': '{"acKind": "ImageManifest"}\n',
} as const;

async function names(archive: string): Promise<readonly string[]> {
  return (await run('tar', ['--list', '--file', archive])).stdout.trim().split('\n');
}

describe('aci', () => {
  it('is an archive of the tree below rootfs, and of the manifest of the user', {
    tags: ['formats.aci', 'variables.aci-manifest'],
  }, async () => {
    await using scratch = await folderTree(FILES);
    await run('ln', [scratch.at('tree/.hidden'), scratch.at('tree/usr/twin')]);
    const wish = { aciManifest: scratch.at('my-manifest') };

    await aciFormat.write(formatInput(scratch.at('tree'), scratch.at('image'), { wish, scratch: scratch.path }));

    expect(await names(scratch.at('image'))).toEqual([
      ...['rootfs/', 'rootfs/.hidden', 'rootfs/etc/', 'rootfs/etc/hostname', 'rootfs/proc/'],
      ...['rootfs/usr/', 'rootfs/usr/bin/', 'rootfs/usr/bin/alias', 'rootfs/usr/twin', 'manifest'],
    ]);
    const { stdout: lines } = await run('tar', [
      '--list',
      '--verbose',
      '--numeric-owner',
      '--file',
      scratch.at('image'),
    ]);
    expect(lines).toMatch(/ rootfs\/usr\/bin\/alias -> \.\.\/\.\.\/\.hidden$/m);
    expect(lines).toMatch(/ rootfs\/usr\/twin link to rootfs\/\.hidden$/m);
    expect(lines).toMatch(/^-rw-r--r-- 0\/0 .* manifest$/m);
    const { stdout } = await run('tar', ['--extract', '--to-stdout', '--file', scratch.at('image'), 'manifest']);
    expect(stdout).toBe(FILES['my-manifest']);
  });

  it('has the same bytes whoever wrote the manifest when', async () => {
    await using scratch = await folderTree(FILES);
    const wish = { aciManifest: scratch.at('my-manifest') };

    await aciFormat.write(formatInput(scratch.at('tree'), scratch.at('first'), { wish, scratch: scratch.path }));
    await utimes(scratch.at('my-manifest'), 7, 7);
    await chown(scratch.at('my-manifest'), 7, 7);
    await aciFormat.write(formatInput(scratch.at('tree'), scratch.at('second'), { wish, scratch: scratch.path }));

    await run('cmp', [scratch.at('first'), scratch.at('second')]);
  });

  it('warns that nothing runs an image without a manifest, and leaves no folder behind', async () => {
    await using scratch = await folderTree({ ...FILES, 'on the way/': '' });
    const events: BuildEventBody[] = [];
    const emit = (event: BuildEventBody) => events.push(event);

    await aciFormat.write(
      formatInput(scratch.at('tree'), scratch.at('image'), { emit, scratch: scratch.at('on the way') }),
    );

    expect(await names(scratch.at('image'))).not.toContain('manifest');
    expect(events).toEqual([
      expect.objectContaining({ level: 'warning', hint: expect.stringContaining('ACI_MANIFEST') }),
    ]);
    expect((await run('ls', [scratch.at('on the way')])).stdout).toBe('');
  });

  it('tells before the build that the manifest cannot be read', async () => {
    await expect(aciFormat.check(formatWish({ aciManifest: '/nowhere' }))).rejects.toMatchObject({
      code: 'USAGE',
      message: 'The file /nowhere, which ACI_MANIFEST names, cannot be read',
    });
  });
});
