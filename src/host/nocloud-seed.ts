import { createHash } from 'node:crypto';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB, roundUp } from '../model/bytes.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import { run } from './process.ts';

/** Files of a NoCloud seed by name: `user-data`, `meta-data`, `network-config`, `vendor-data`. */
export type SeedFiles = Readonly<Record<string, string>>;

const SEED_NAMES = ['user-data', 'meta-data', 'network-config', 'vendor-data'] as const;

/**
 * Reads what a person gives as a seed: a folder with the files of a seed, or one file that is the user data.
 * @throws IngotError `USAGE` when there is none of them
 */
export async function readSeed(path: string): Promise<SeedFiles> {
  const files: Record<string, string> = {};
  if (await isFolder(path)) for (const name of SEED_NAMES) Object.assign(files, await readOptional(path, name));
  else files['user-data'] = await readFile(path, 'utf8');
  if (Object.keys(files).length > 0) return files;
  throw new IngotError('USAGE', `The folder ${path} has no file of a NoCloud seed`, {
    hint: `It may have ${SEED_NAMES.join(', ')}. A file in place of the folder is taken for the user data.`,
  });
}

/** A seed that gives a user an SSH key and the right to become root. */
export function seedForUser(user: string, publicKey: string): SeedFiles {
  const account = {
    name: user,
    shell: '/bin/bash',
    sudo: 'ALL=(ALL) NOPASSWD:ALL',
    lock_passwd: true,
    ssh_authorized_keys: [publicKey.trim()],
  };
  const config = { manage_etc_hosts: true, users: ['default', account] };
  return { 'user-data': `#cloud-config\n${JSON.stringify(config)}\n` };
}

/**
 * Writes a seed as a small filesystem that cloud-init finds by its label.
 * @param folder a folder for the files on their way
 * @returns path of the disk image
 * @throws IngotError `TOOL_MISSING`, `TOOL_FAILED`
 */
export async function writeSeed(files: SeedFiles, folder: string): Promise<string> {
  const complete = { 'user-data': '#cloud-config\n', 'meta-data': metaData(files), ...files };
  const image = join(folder, 'seed.img');
  const length = Object.values(complete).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  await writeFile(image, '');
  await truncate(image, roundUp(MIB + length, MIB));
  await run('mkfs.vfat', ['-n', 'CIDATA', image]);
  for (const [name, text] of Object.entries(complete)) {
    const source = join(folder, name);
    await writeFile(source, text);
    await run('mcopy', ['-o', '-i', image, source, `::${name}`]);
  }
  return image;
}

/** cloud-init acts anew when the instance is another one than at the boot before. */
function metaData(files: SeedFiles): string {
  const digest = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12);
  return `instance-id: ingot-${digest}\nlocal-hostname: ingot\n`;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new IngotError('USAGE', `There is no seed ${path}`, { hint: 'Name a folder or a file with user data.' });
  }
}

async function readOptional(folder: string, name: string): Promise<SeedFiles> {
  try {
    return { [name]: await readFile(join(folder, name), 'utf8') };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return {};
    throw error;
  }
}
