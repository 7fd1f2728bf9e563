import { mkdir } from 'node:fs/promises';
import { run } from '../../src/host/process.ts';
import type { Workshop } from './cli.ts';

/** Where the trees of stand-ins keep the database of rpm. */
const DATABASE = '/usr/lib/sysimage/rpm';

/** The root tree of the image that a workshop has built, or some places of it. @returns its absolute path */
export async function unpackedTree(shop: Workshop, places: readonly string[] = []): Promise<string> {
  const tree = shop.at('tree');
  await mkdir(tree);
  const members = places.map((place) => `./${place}`);
  await run('tar', ['--extract', '--numeric-owner', '--file', shop.at('image.tar'), '--directory', tree, ...members]);
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

/** Installs packages into a folder without their scripts, as publishers of images may do. */
export async function installInto(tree: string, files: readonly string[]): Promise<void> {
  await mkdir(tree, { recursive: true });
  const options = ['--noscripts', '--nodeps', '--nosignature'];
  await run('rpm', ['--root', tree, '--dbpath', DATABASE, '--install', ...options, ...files]);
}

/** Takes packages out of a folder again. @param names of the packages */
export async function eraseFrom(tree: string, names: readonly string[]): Promise<void> {
  await run('rpm', ['--root', tree, '--dbpath', DATABASE, '--erase', '--noscripts', '--nodeps', ...names]);
}
