import { createHash } from 'node:crypto';
import { constants, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { isThere } from '../host/is-there.ts';
import { IngotError } from '../model/error.ts';
import type { FuelRepository } from '../spec/fuel-request.ts';

/** Where this machine keeps keys of package repositories. */
export interface MachineKeys {
  /** Absolute path of a folder: its files that end in `.gpg` or `.asc` are trusted for repositories that name no keys themselves. */
  readonly folder: string;
  /** Absolute path; keys of requests become files below it. */
  readonly imageCache: string;
}

const UBUNTU_KEYRING = '/usr/share/keyrings/ubuntu-archive-keyring.gpg';

/**
 * The files with the keys of each repository, in order; undefined for one that is not signed.
 * @throws IngotError `FUEL_REQUEST_INVALID` for a keyring that cannot be read; `TOOL_MISSING` where a repository names no keys and the machine
 *   has none either
 */
export async function keyringsOf(
  repositories: readonly FuelRepository[],
  machine: MachineKeys,
): Promise<readonly (readonly string[] | undefined)[]> {
  await checkKeyrings(repositories);
  const own = await machineKeyrings(machine.folder);
  const keyless = repositories.findIndex(({ trust }) => trust.kind === 'machine');
  if (own.length === 0 && keyless !== -1)
    throw new IngotError('TOOL_MISSING', `Nothing says which keys repos[${keyless}] has to be signed with`, {
      hint: `Add "key", "keyring" or "trusted" to the repository, put its key into ${machine.folder}, or install the package ubuntu-keyring.`,
    });
  return await Promise.all(
    repositories.map(async ({ trust }) => {
      switch (trust.kind) {
        case 'unsigned':
          return undefined;
        case 'keyring':
          return [trust.path];
        case 'key':
          return [await keyFile(trust.text, machine.imageCache)];
        case 'machine':
          return own;
        default:
          return trust satisfies never;
      }
    }),
  );
}

async function checkKeyrings(repositories: readonly FuelRepository[]): Promise<void> {
  for (const [index, { trust }] of repositories.entries()) {
    if (trust.kind !== 'keyring' || isThere(trust.path, constants.R_OK)) continue;
    throw new IngotError(
      'FUEL_REQUEST_INVALID',
      `repos[${index}].keyring names a file that cannot be read: ${trust.path}`,
    );
  }
}

async function machineKeyrings(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /^[\w.+-]+\.(gpg|asc)$/.test(name)).sort();
  const ubuntu = isThere(UBUNTU_KEYRING, constants.R_OK) ? [UBUNTU_KEYRING] : [];
  return [...ubuntu, ...files.map((name) => path.join(folder, name))];
}

/** Named after its content, so that environments with the same key share their layers. */
async function keyFile(text: string, imageCache: string): Promise<string> {
  const folder = path.join(imageCache, 'ingot/keys');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${createHash('sha256').update(text).digest('hex')}.asc`);
  await writeFileAtomically(file, text);
  return file;
}
