import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import { run } from '../src/host/process.ts';
import type { PackageInput } from './package-input.ts';

/** Where everything lies on the machine, below `/`; the commands in `usr/bin` are links into it. */
const HOME = 'usr/lib/ingot';
const DOCUMENTS = 'usr/share/doc/ingot';

/** What runs: files of the project that an installed ingot needs. */
const PROGRAM = ['bin', 'elements', 'lib', 'package.json', 'src'];
const TEXTS = ['ARCHITECTURE.md', 'CHANGELOG.md', 'README.md', 'docs'];

const COMMANDS = Object.keys(packageFile.bin).sort();

/**
 * Puts together the tree that the packages install: the program, its npm packages for production with the pinned Node, the commands
 * and the documentation. Owners, modes and dates do not depend on the checkout.
 */
export async function stageTree(input: PackageInput): Promise<void> {
  const home = join(input.tree, HOME);
  await copyFiles(await trackedFiles(PROGRAM), home);
  await copyFiles(await trackedFiles(TEXTS), join(input.tree, DOCUMENTS));
  // The pages lead to the READMEs of elements.
  await symlink(relative(DOCUMENTS, join(HOME, 'elements')), join(input.tree, DOCUMENTS, 'elements'));
  await cp('packaging/copyright', join(input.tree, DOCUMENTS, 'copyright'));
  await mkdir(join(input.tree, 'etc/logrotate.d'), { recursive: true });
  await cp('packaging/logrotate', join(input.tree, 'etc/logrotate.d/ingot'));
  await run('node', ['scripts/join-modules.ts', join(home, 'dist')]);
  await setVersion(join(home, 'package.json'), input.version);
  await copyNpmPackages(home, input.target.node);
  await mkdir(join(input.tree, 'usr/bin'), { recursive: true });
  for (const command of COMMANDS) {
    await symlink(relative('usr/bin', join(HOME, 'bin', command)), join(input.tree, 'usr/bin', command));
  }
  await run('chmod', ['--recursive', 'u=rwX,go=rX', input.tree]);
  await run('find', [input.tree, '-exec', 'touch', '--no-dereference', `--date=@${input.epoch}`, '{}', '+']);
}

async function trackedFiles(paths: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--', ...paths]);
  return stdout.split('\0').filter((path) => path !== '');
}

async function copyFiles(paths: readonly string[], folder: string): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(path, join(folder, path), { verbatimSymlinks: true });
  }
}

async function setVersion(path: string, version: string): Promise<void> {
  await writeFile(path, `${JSON.stringify({ ...packageFile, version }, undefined, 2)}\n`);
}

/** npm knows which of the packages in `node_modules` are not for development alone. */
async function copyNpmPackages(home: string, node: string): Promise<void> {
  const { stdout } = await run('npm', ['ls', '--omit=dev', '--all', '--parseable']);
  for (const folder of stdout.split('\n').filter((path) => path.includes('/node_modules/'))) {
    const path = relative(process.cwd(), folder);
    await cp(path, join(home, path), { recursive: true, verbatimSymlinks: true });
  }
  // Headers and manuals of Node are half of its package, and nothing runs them.
  for (const part of ['include', 'share', 'CHANGELOG.md']) {
    await rm(join(home, 'node_modules', node, part), { recursive: true, force: true });
  }
  await readFile(join(home, 'node_modules', node, 'bin/node')).catch((cause: unknown) => {
    throw new Error(`npm has not installed ${basename(node)}: run npm ci`, { cause });
  });
}
