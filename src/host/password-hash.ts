import { scryptSync } from 'node:crypto';
import { run } from './process.ts';

/** Letters of a salt, as crypt(5) has them. */
const SALT_LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SALT_LENGTH = 16;

/**
 * Hashes a password for `/etc/shadow` with SHA-512, the same way each time. The salt is derived from the password, so that the same request
 * gives the same image; by a function that is as slow as it is to guess at the hash itself, so that the salt gives nothing away.
 * @throws IngotError `TOOL_MISSING` without openssl
 */
export async function hashPassword(password: string): Promise<string> {
  const digest = scryptSync(password, 'ingot root password', SALT_LENGTH, { N: 2 ** 15, r: 8, maxmem: 2 ** 26 });
  const salt = [...digest].map((byte) => SALT_LETTERS.charAt(byte % SALT_LETTERS.length)).join('');
  const { stdout } = await run('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], { input: `${password}\n` });
  return stdout.trim();
}
