import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { said, workshop } from '../support/cli.ts';
import { CALLS } from '../support/element-coverage.ts';
import { type FileTexts, folderTree } from '../support/folder-tree.ts';
import { fakeRoot, type ImagePublisher, imagePublisher } from '../support/image-publisher.ts';

/** A program that notes how it was called, and does what its text says besides. */
function program(name: string, text = ''): FileTexts {
  return { [`usr/bin/${name}`]: `exec:#!/bin/sh\necho "${name} $*" >>/${CALLS}\n${text}\n` };
}

/** What a stage archive has for these hooks. */
const STAGE: FileTexts = {
  'etc/gentoo-release': 'Gentoo Base System release 2.18\n',
  'etc/portage/make.conf': '',
  'var/log/emerge.log': 'made somewhere else\n',
  ...program('emerge'),
  ...program('emerge-webrsync', 'mkdir -p "$PORTDIR/profiles"'),
  ...program('eselect'),
  ...program('etc-update'),
  ...program('emaint'),
  ...program('locale-gen'),
  ...program('portageq', 'echo /var/db/repos/gentoo'),
};

/** Publishes a stage archive with its signed checksum, as Gentoo does. */
async function publishStage(publisher: ImagePublisher, name: string, release: string): Promise<void> {
  await using scratch = await folderTree();
  const tree = await fakeRoot(scratch.at('tree'), { ...STAGE, 'etc/os-release': `ID=gentoo\nVERSION_ID=${release}\n` });
  const options = ['--use-compress-program', 'xz -0', '--owner', '0', '--group', '0'];
  await run('tar', ['--create', ...options, '--file', scratch.at(name), '--directory', tree, '.']);
  await publisher.publish(scratch.at(name));
  await run('cp', [publisher.at('CHECKSUM'), publisher.at(`${name}.sha256`)]);
}

test('gentoo starts from the newest stage archive, lets emerge install what is wanted, and keeps what it fetches', async () => {
  await using publisher = await imagePublisher();
  await publishStage(publisher, 'stage3-amd64-openrc-20260101T170000Z.tar.xz', '1');
  await publishStage(publisher, 'stage3-amd64-openrc-20260108T170000Z.tar.xz', '2');
  await using shop = await workshop();
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-p', 'app-editors/vim', '-o', shop.at('image'), 'gentoo'];
  const env = {
    DIB_CLOUD_IMAGES: publisher.server.url,
    DIB_BASE_IMAGE_KEYRING: publisher.keyring,
    GENTOO_PYTHON_TARGETS: 'python3_13',
    GENTOO_OVERLAYS: 'guru',
  };

  const result = await shop.command('disk-image-create', words, { env });

  expect(result.status, said(result)).toBe(0);
  expect(said(result)).not.toContain('signature');
  expect(await shop.content('etc/os-release')).toBe('ID=gentoo\nVERSION_ID=2\n');
  const calls = (await shop.content(CALLS)).split('\n');
  const installed = calls.filter((call) => call.includes(' --noreplace --changed-use '));
  expect(installed.join('\n')).toMatch(/ app-admin\/sudo .*\bsys-kernel\/gentoo-kernel-bin\b/);
  expect(installed.join('\n')).toMatch(/--usepkg=y .* app-editors\/vim$/m);
  expect(calls).toContain('eselect repository enable guru');
  expect(calls.filter((call) => call.startsWith('emerge-webrsync'))).toHaveLength(1);
  expect(await shop.content('etc/portage/make.conf')).toBe('PYTHON_TARGETS="python3_13"\n');
  expect(await shop.content('etc/portage/package.use/disk-image')).toContain('sys-boot/grub grub_platforms_pc\n');
  expect(await shop.facts('etc/portage/make.profile')).toContain(
    '-> ../../var/db/repos/gentoo/profiles/default/linux/amd64/23.0',
  );
  expect(await shop.content('var/log/emerge.log')).toBe('');
  // Not in the image, and for the next build.
  expect(await readdir(shop.at('cache/gentoo/portage'))).toEqual(['profiles']);
  expect((await shop.names()).filter((name) => name.startsWith('tmp/'))).toEqual([]);
});
