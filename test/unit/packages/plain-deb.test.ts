import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { readPackageFacts } from '../../../src/packages/package-facts.ts';
import { archiveMembers, writePlainDebs } from '../../../src/packages/plain-deb.ts';
import { buildPackage } from '../../support/apt-repository.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

/** More than is copied at a time, and no two pieces of it are equal. */
const LONG_TEXT = Array.from({ length: 40_000 }, (_, line) => `${line}\n`).join('');
const PREINST = '#!/bin/sh\nexit 0\n';

async function described(path: string): Promise<string> {
  const listed = await run('dpkg-deb', ['--contents', path]);
  const told = await run('dpkg-deb', ['--field', path]);
  return `${listed.stdout}${told.stdout}`;
}

async function packageFile(tree: FolderTree, compression: 'xz' | 'gzip' | 'zstd' | 'none'): Promise<string> {
  await mkdir(join(tree.path, 'parts'), { recursive: true });
  const files = { 'usr/share/a': LONG_TEXT, 'etc/b': 'b' };
  const fields = { Depends: 'x', 'Pre-Depends': 'y', Provides: 'z' };
  const one = { name: 'one', files, fields, scripts: { preinst: PREINST }, compression };
  return join(tree.path, await buildPackage(one, tree.path, join(tree.path, 'pool')));
}

test.each(['xz', 'gzip', 'zstd', 'none'] as const)(
  'writes a package compressed by %s with plain archives',
  async (compression) => {
    await using tree = await folderTree({ 'pool/': '', 'parts/': '' });
    const source = await packageFile(tree, compression);
    const kept = join(tree.path, 'kept.deb');
    await copyFile(source, kept);
    const target = join(tree.path, 'plain.deb');

    await writePlainDebs([{ source, target }], join(tree.path, 'parts'));

    expect((await archiveMembers(target)).map(({ name }) => name)).toEqual([
      'debian-binary',
      'control.tar',
      'data.tar',
    ]);
    expect(await described(target)).toBe(await described(kept));
    await run('dpkg-deb', ['--extract', target, join(tree.path, 'unpacked')]);
    expect(await readFile(join(tree.path, 'unpacked/usr/share/a'), 'utf8')).toBe(LONG_TEXT);
    expect(await readdir(join(tree.path, 'parts'))).toEqual([]);
  },
);

test('reads the facts and the place of the files', async () => {
  await using tree = await folderTree({ 'pool/': '', 'parts/': '' });
  const source = await packageFile(tree, 'xz');
  const target = join(tree.path, 'plain.deb');
  await writePlainDebs([{ source, target }], join(tree.path, 'parts'));

  const facts = await readPackageFacts(target);

  expect(facts).toMatchObject({ name: 'one', version: '1.0', architecture: 'amd64', hasPreinst: true });
  expect(facts).toMatchObject({ depends: [['x']], preDepends: [['y']], provides: ['z'] });
  const { stdout } = await run('bash', [
    '-c',
    'tail --bytes=+"$1" "$2" | tar --list',
    '-',
    String(facts.data.offset + 1),
    target,
  ]);
  expect(stdout).toContain('./usr/share/a');
});

test('refuses what is no package file', async () => {
  await using tree = await folderTree({ 'parts/': '' });
  const source = join(tree.path, 'page.html');
  await writeFile(source, '<html>not found</html>');

  const written = writePlainDebs([{ source, target: join(tree.path, 'plain.deb') }], join(tree.path, 'parts'));

  await expect(written).rejects.toMatchObject({
    code: 'DIGEST_MISMATCH',
    message: `${source} is not a Debian package file`,
  });
});
