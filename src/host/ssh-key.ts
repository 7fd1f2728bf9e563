import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IngotError } from '../model/error.ts';
import { run } from './process.ts';

/** A key pair for SSH. Disposing removes it when it was made for the occasion. */
export interface SshKey extends AsyncDisposable {
  /** Path of the private key. */
  readonly path: string;
  /** As it stands in `authorized_keys`. */
  readonly publicKey: string;
}

/**
 * Reads the public half of a key, or makes a new key.
 * @param identity path of a private key without passphrase; undefined makes one
 * @param temporaryFolder where a new key lives
 * @throws IngotError `USAGE` when the key cannot be read
 */
export async function openSshKey(identity: string | undefined, temporaryFolder: string): Promise<SshKey> {
  if (identity !== undefined) {
    const publicKey = await publicKeyOf(identity);
    return { path: identity, publicKey, [Symbol.asyncDispose]: async () => {} };
  }
  const folder = await mkdtemp(join(temporaryFolder, 'ingot-key-'));
  const path = join(folder, 'id_ed25519');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ingot', '-f', path]);
  const dispose = async () => await rm(folder, { recursive: true, force: true });
  return { path, publicKey: await publicKeyOf(path), [Symbol.asyncDispose]: dispose };
}

async function publicKeyOf(path: string): Promise<string> {
  try {
    // An empty passphrase keeps ssh-keygen from asking for one.
    return (await run('ssh-keygen', ['-y', '-P', '', '-f', path])).stdout.trim();
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') throw error;
    throw new IngotError('USAGE', `The key ${path} cannot be read`, {
      tail: error.details.tail?.slice(1),
      hint: 'Name a private key without passphrase.',
      cause: error,
    });
  }
}
