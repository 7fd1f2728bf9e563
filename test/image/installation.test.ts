import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { targetOf } from '../../packaging/package-input.ts';
import { debRequirements } from '../../packaging/requirements.ts';
import { type RunResult, run } from '../../src/host/process.ts';
import { type CleanRoot, cleanRoot, introduceToRpm } from '../support/clean-root.ts';
import { makeFakeTree } from '../support/fake-os.ts';
import { folderTree } from '../support/folder-tree.ts';
import { inLab } from '../support/image-build.ts';

const COMMANDS = Object.keys(packageFile.bin).sort();
const VERSION = packageFile.version;
const NEXT = '99.0.0';
const DOCUMENTS = '/usr/share/doc/ingot';

let root: CleanRoot;

beforeAll(async () => {
  await Promise.all([makeRoot(), packages(VERSION, VERSION), packages(NEXT, NEXT)]);
});

test('the deb has all it needs in a clean Debian, is upgraded, and leaves nothing', {
  tags: ['fuel.package'],
}, async () => {
  const before = await root.files();

  succeed(await root.outside('dpkg', '--root', root.path, '--install', deb(VERSION)));
  await expectVersion(VERSION);
  await expectCommands();
  await expectDocuments();
  await expectBuild();
  succeed(await root.outside('dpkg', '--root', root.path, '--install', deb(NEXT)));
  await expectVersion(NEXT);
  succeed(await root.outside('dpkg', '--root', root.path, '--purge', 'ingot'));

  expect(await root.files()).toEqual(before);
});

test('the rpm has all it needs, takes the place of the original, is upgraded, and leaves nothing', {
  tags: ['fuel.package'],
}, async () => {
  const rpmInRoot = async (...words: readonly string[]) => await root.outside('rpm', '--root', root.path, ...words);
  const before = await root.files();
  const refused = await rpmInRoot('--install', rpm(VERSION));
  expect(refused.stderr).toContain('(/usr/bin/mke2fs or /usr/sbin/mke2fs) is needed by fuel-image');
  await introduceToRpm(root);

  succeed(await rpmInRoot('--install', await originalPackage()));
  succeed(await rpmInRoot('--upgrade', rpm(VERSION)));
  expect((await rpmInRoot('--query', '--all', 'fuel-image*')).stdout).toBe(`fuel-image-${VERSION}-1.${target.rpm}\n`);
  await expectVersion(VERSION);
  succeed(await rpmInRoot('--upgrade', rpm(NEXT)));
  await expectVersion(NEXT);
  succeed(await rpmInRoot('--erase', 'fuel-image'));

  expect(await root.files()).toEqual(before);
});

test('packages of the same tree have the same bytes', async () => {
  await packages(VERSION, 'again');

  expect(await digest(deb(VERSION, 'again'))).toBe(await digest(deb(VERSION)));
  expect(await digest(rpm(VERSION, 'again'))).toBe(await digest(rpm(VERSION)));
});

async function makeRoot(): Promise<void> {
  root = await cleanRoot([...debRequirements('required'), 'libstdc++6']);
  await makeFakeTree(join(root.path, 'srv/tree'));
  await using made = await folderTree({
    'tiny/element-provides': 'operating-system\n',
    'tiny/root.d/10-tiny': 'exec:#!/bin/sh\ncp --archive /srv/tree/. "$TARGET_ROOT"\n',
    'tiny/install.d/10-tiny': 'exec:#!/bin/bash\necho cast >/etc/tiny\n',
  });
  await run('cp', ['--recursive', made.path, join(root.path, 'srv/elements')]);
}

async function packages(version: string, folder: string): Promise<void> {
  await run('npm', ['run', '-s', 'package', '--', '--version', version, '--output', inLab('packages', folder)]);
}

const target = targetOf(process.arch);
const deb = (version: string, folder = version): string =>
  inLab('packages', folder, `ingot_${version}_${target.deb}.deb`);
const rpm = (version: string, folder = version): string =>
  inLab('packages', folder, `fuel-image-${version}-1.${target.rpm}.rpm`);

/** Makes a package of fuel-image like the original's, whose script removes the command whatever has come since. */
async function originalPackage(): Promise<string> {
  const work = inLab('original-rpm');
  const spec = fileURLToPath(new URL('../support/original-fuel-image.spec', import.meta.url));
  await run('rpmbuild', ['-bb', '--define', `_topdir ${work}`, spec]);
  return join(work, 'RPMS/noarch/fuel-image-6.1.0-1.noarch.rpm');
}

/** `fuel-image` is there, and is that of a version. */
async function expectVersion(version: string): Promise<void> {
  expect(await root.inside('fuel-image', '--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
}

/** Every command starts. */
async function expectCommands(): Promise<void> {
  for (const command of COMMANDS) {
    const result = await root.inside(command, '--help');
    expect(result.stdout, `${command} --help: ${result.stderr}`).toContain(command);
  }
}

/** The page of all elements leads to their READMEs. */
async function expectDocuments(): Promise<void> {
  const { stdout: link } = await root.inside(
    'grep',
    '--only-matching',
    'href="[^"]*/vm/[^"]*"',
    `${DOCUMENTS}/docs/elements.html`,
  );
  const target = link.replace(/^href="(.*)"\n$/, '$1');
  expect((await root.inside('head', '-n', '2', `${DOCUMENTS}/docs/${target}`)).stdout).toBe('==\nvm\n');
}

/** Nothing that builds need is missing, and a small image is built in the tree, by what is installed in it. */
async function expectBuild(): Promise<void> {
  const doctor = await root.inside('env', 'DIB_IMAGE_CACHE=/tmp', 'ingot', 'doctor', '--json');
  expect(JSON.parse(doctor.stdout)).toMatchObject({ canBuild: true });
  const options = ['-n', '-t', 'qcow2,tgz', '--image-size', '1', '-o', '/srv/out/tiny'];
  const words = [
    'env',
    'HOME=/srv/out',
    'ELEMENTS_PATH=/srv/elements',
    'DIB_IMAGE_CACHE=/srv/out/cache',
    'disk-image-create',
  ];
  succeed(await root.inside(...words, ...options, 'tiny'));
  const { stdout } = await root.inside('tar', '--extract', '--to-stdout', '--file', '/srv/out/tiny.tgz', './etc/tiny');
  expect(stdout).toBe('cast\n');
  succeed(await root.inside('qemu-img', 'check', '/srv/out/tiny.qcow2'));
  await root.outside('rm', '--recursive', join(root.path, 'srv/out'));
}

function succeed(result: RunResult): void {
  expect(result.status, result.tail.join('\n')).toBe(0);
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
