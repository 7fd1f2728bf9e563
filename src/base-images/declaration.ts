import { resolve } from 'node:path';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';

/** What the elements say of the published image that a root tree starts from. */
export interface ImageDeclaration {
  /** Absolute path, or `http:`, `https:` or `file:` address. `*` in its last part stands for any text. */
  readonly image: string;
  /** Address of the file with SHA-256 digests, in the same form, or the ending that it has after the image's own; undefined for none. */
  readonly checksums: string | undefined;
  /** Address or ending of the detached signature of that file; `inline` for one that has its signature in itself. */
  readonly signature: string | undefined;
  /** Absolute paths of files with the publisher's keys; the first one that exists counts. */
  readonly keyrings: readonly string[];
  /** True where the caller has named the keyring: then it has to be there. */
  readonly isKeyringWanted: boolean;
}

/** Variables that a caller sets, whatever the element says. */
const CHECKSUMS = 'DIB_BASE_IMAGE_CHECKSUMS';
const KEYRING = 'DIB_BASE_IMAGE_KEYRING';

/**
 * Reads the declaration out of the environment that the elements make.
 * @param folder absolute path of the caller's working folder, from which relative paths count
 * @throws IngotError `DEFINITION_INVALID` where no image is named
 */
export function declaredImage(env: Environment, folder: string): ImageDeclaration {
  const image = env.INGOT_BASE_IMAGE ?? '';
  if (image === '')
    throw new IngotError('DEFINITION_INVALID', 'No base image is named', {
      hint: env.INGOT_BASE_IMAGE_HINT || 'Set DIB_LOCAL_IMAGE to the path of an image, such as /srv/images/base.qcow2.',
    });
  const checksums = env[CHECKSUMS] || env.INGOT_BASE_IMAGE_CHECKSUMS;
  const keyring = env[KEYRING] ?? '';
  return {
    image: /^[a-z]+:/.test(image) ? image : resolve(folder, image),
    checksums: checksums === 'none' || checksums === '' ? undefined : checksums,
    signature: env.INGOT_BASE_IMAGE_SIGNATURE || undefined,
    keyrings: keyring === '' ? (env.INGOT_BASE_IMAGE_KEYRINGS ?? '').split(/\s+/).filter(Boolean) : [keyring],
    isKeyringWanted: keyring !== '',
  };
}
