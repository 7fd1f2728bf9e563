import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/process.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';

export interface SignedText {
  /** Its name in messages. */
  readonly name: string;
  readonly content: Buffer;
  /** A detached signature; undefined where the text has its signature in itself. */
  readonly signature: Buffer | undefined;
}

/**
 * Checks who has signed a text.
 * @param keyring absolute path of the keys that are trusted, armoured or not
 * @param scratch absolute path of an existing folder for temporary files
 * @returns what is signed, without anything around it
 * @throws IngotError `SIGNATURE_INVALID` with what gpgv says, `TOOL_MISSING`
 */
export async function checkSignature(text: SignedText, keyring: string, scratch: string): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'signature-'));
  try {
    const [keys, content, signature] = [join(folder, 'keys'), join(folder, 'content'), join(folder, 'signature')];
    await writeFile(keys, binaryKeys(await readFile(keyring)));
    await writeFile(content, text.content);
    if (text.signature !== undefined) await writeFile(signature, text.signature);
    const files = text.signature === undefined ? ['--output', '-', content] : [signature, content];
    // Without a home of its own, gpgv would take keys of the caller's for trusted.
    const options = ['--quiet', '--homedir', folder, '--keyring', keys];
    const { stdout } = await run('gpgv', [...options, ...files]);
    return text.signature === undefined ? stdout : text.content.toString('utf8');
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') throw error;
    throw new IngotError('SIGNATURE_INVALID', `${text.name} is not signed by a key of ${keyring}`, {
      tail: error.details.tail,
      hint: 'Check the address; or name the file with the keys of its publisher in DIB_BASE_IMAGE_KEYRING.',
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first file that exists. */
export async function firstKeyring(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path);
      return path;
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
  return undefined;
}

/** gpgv reads no armour, in which publishers hand out their keys. */
function binaryKeys(file: Buffer): Buffer {
  const blocks = file.toString('latin1').matchAll(/-----BEGIN PGP PUBLIC KEY BLOCK-----([\s\S]*?)-----END/g);
  const binaries = [...blocks].map(([, body = '']) => {
    // Headers such as "Version:" end with an empty line; the line that begins with "=" is a check sum of the rest.
    const base64 = body.replace(/^[\s\S]*?\r?\n\r?\n/, '').replace(/^=.*$/m, '');
    return Buffer.from(base64, 'base64');
  });
  return binaries.length === 0 ? file : Buffer.concat(binaries);
}
