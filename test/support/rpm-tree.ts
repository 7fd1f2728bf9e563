import { mkdir } from 'node:fs/promises';
import { run } from '../../src/host/process.ts';
import type { Workshop } from './cli.ts';

/** Where the trees of stand-ins keep the database of rpm. */
const DATABASE = '/usr/lib/sysimage/rpm';

/** The root tree of the image that a workshop has built. @returns its absolute path */
export async function unpackedTree(shop: Workshop): Promise<string> {
  const tree = shop.at('tree');
  await mkdir(tree);
  await run('tar', ['--extract', '--numeric-owner', '--file', shop.at('image.tar'), '--directory', tree]);
  return tree;
}

/** Asks the rpm of this machine, which did not install anything. @returns its lines, sorted */
export async function askRpm(tree: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('rpm', ['--root', tree, '--dbpath', DATABASE, ...args], { okStatuses: [0, 1] });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** Names of the packages that a tree has, sorted. */
export async function packagesIn(tree: string): Promise<readonly string[]> {
  return await askRpm(tree, '--query', '--all', '--queryformat', '%{NAME}\n');
}

/** Makes a tree of packages in a new folder, as publishers of cloud images do, without their scripts. */
export async function makeTree(tree: string, files: readonly string[]): Promise<void> {
  await mkdir(tree, { recursive: true });
  const options = ['--noscripts', '--nodeps', '--nosignature'];
  await run('rpm', ['--root', tree, '--dbpath', DATABASE, '--install', ...options, ...files]);
}
