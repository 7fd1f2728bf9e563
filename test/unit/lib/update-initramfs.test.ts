import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run, runForStatus } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

const STAND_IN = fileURLToPath(new URL('../../../lib/stand-ins/update-initramfs', import.meta.url));

test.each([
  ['a script of a package', { DPKG_MAINTSCRIPT_PACKAGE: 'linux-image', DPKG_MAINTSCRIPT_NAME: 'postinst' }],
  [
    'the trigger of initramfs-tools, which hides its package',
    { DPKG_MAINTSCRIPT_PACKAGE: '', DPKG_MAINTSCRIPT_NAME: 'postinst' },
  ],
])('the wish of %s for an initramfs is noted', async (_, env) => {
  await using tree = await folderTree({});
  const stand = `${tree.path}/update-initramfs`;
  await run('cp', [STAND_IN, stand]);

  const { status } = await runForStatus(stand, ['-u'], { env: { PATH: '/usr/bin:/bin', ...env } });

  expect(status).toBe(0);
  await access(`${stand}.asked`);
});
