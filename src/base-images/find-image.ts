import { createHash, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { publicUrl } from '../host/fetch-fault.ts';
import { currentValidators, type DocumentSource } from '../host/kept-document.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import { sha256In } from './checksum-file.ts';
import type { ImageDeclaration } from './declaration.ts';
import { nearestFolder } from './nearest-folder.ts';
import { findNewest, localPath, readDocument } from './published-files.ts';
import { checkSignature, firstKeyring } from './signature.ts';

/** The one image that a declaration stands for at this time. */
export interface PublishedImage {
  /** Absolute path, or address of a server. */
  readonly location: string;
  /** Last part of its name, which tells how it is packed. */
  readonly name: string;
  /** What its publisher says of it; lower-case hexadecimal. */
  readonly sha256: string | undefined;
  /** Hexadecimal; another one stands for another content. */
  readonly version: string;
}

export interface FindOptions {
  readonly documents: DocumentSource;
  /** Absolute path of an existing folder for temporary files. */
  readonly scratch: string;
  readonly emit: EmitEvent;
}

/**
 * Finds the image that is to be used, and what its publisher has signed about it, without fetching the image.
 * @throws IngotError `FETCH_FAILED`, `SIGNATURE_INVALID`, `DIGEST_MISMATCH`, `OFFLINE_MISS`, `DEFINITION_INVALID`, `TOOL_MISSING`
 */
export async function findImage(declaration: ImageDeclaration, options: FindOptions): Promise<PublishedImage> {
  const location = await findNewest(declaration.image, options.documents);
  if (location === undefined) throw await absent(declaration.image, 'has no image of that name', options);
  const path = localPath(location);
  const name = decodeURIComponent(basename(path ?? new URL(location).pathname));
  const sha256 = await publishedDigest(declaration, { location, name }, options);
  const version = sha256 ?? (path === undefined ? await versionOf(location, options) : await fileVersion(path));
  return { location: path ?? location, name, sha256, version };
}

async function publishedDigest(
  declaration: ImageDeclaration,
  { location, name }: { location: string; name: string },
  options: FindOptions,
): Promise<string | undefined> {
  if (declaration.checksums === undefined) return undefined;
  const address = await findNewest(beside(location, declaration.checksums), options.documents);
  const content = address === undefined ? undefined : await readDocument(address, options.documents);
  if (address === undefined || content === undefined) {
    if (localPath(location) === undefined) await versionOf(location, options); // a wrong release has no checksums either
    throw await absent(beside(location, declaration.checksums), 'has no checksums', options, NO_CHECKSUMS);
  }
  const sha256 = sha256In(await signedPart({ address, content }, declaration, options), name);
  if (sha256 === undefined)
    throw new IngotError('DIGEST_MISMATCH', `${publicUrl(address)} has no SHA-256 of ${name}`, { hint: NO_CHECKSUMS });
  return sha256;
}

/** The address of a file that is named by itself, or by what its name has after that of another one. */
function beside(address: string, name: string): string {
  return name.startsWith('.') ? `${address}${name}` : name;
}

const NO_CHECKSUMS = 'Name the right file in DIB_BASE_IMAGE_CHECKSUMS; "none" does without checksums.';

/** The checksums as their publisher signed them. Where the keys of the publisher are not at hand, they are taken as they came. */
async function signedPart(
  { address, content }: { address: string; content: Buffer },
  declaration: ImageDeclaration,
  { documents, scratch, emit }: FindOptions,
): Promise<string> {
  const { keyrings, isKeyringWanted, signature } = declaration;
  const keyring = await firstKeyring(keyrings);
  const subject = publicUrl(address);
  if (keyring === undefined && isKeyringWanted)
    throw new IngotError('TOOL_MISSING', `The keyring ${keyrings.join(', ')} does not exist`, {
      hint: 'DIB_BASE_IMAGE_KEYRING has to name a file with the keys of the publisher.',
    });
  if (signature === undefined || keyring === undefined) {
    const why =
      signature === undefined ? 'its publisher signs none' : 'the keys of its publisher are not on this machine';
    emit({
      kind: 'message',
      level: 'warning',
      text: `The signature of ${subject} is not checked: ${why}`,
      hint: signature === undefined ? undefined : 'Name a file with them in DIB_BASE_IMAGE_KEYRING.',
    });
    return content.toString('utf8');
  }
  if (signature === 'inline')
    return await checkSignature({ name: subject, content, signature: undefined }, keyring, scratch);
  const place = beside(address, signature);
  const detached = await readDocument(place, documents);
  if (detached === undefined)
    throw new IngotError('SIGNATURE_INVALID', `${subject} is not signed: ${publicUrl(place)} does not exist`);
  return await checkSignature({ name: subject, content, signature: detached }, keyring, scratch);
}

/** A server that cannot tell versions apart has a new one each time. */
async function versionOf(location: string, options: FindOptions): Promise<string> {
  const validators = await currentValidators(location, options.documents);
  if (validators === undefined) throw await absent(location, 'does not exist', options);
  const { etag, lastModified } = validators;
  if (etag === undefined && lastModified === undefined) return digestOf(randomUUID());
  return digestOf(JSON.stringify([location, etag, lastModified]));
}

async function fileVersion(path: string): Promise<string> {
  const facts = await stat(path).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
  });
  if (!facts?.isFile())
    throw new IngotError('DEFINITION_INVALID', `There is no base image ${path}`, {
      hint: 'DIB_LOCAL_IMAGE has to be the path of an image file.',
    });
  return digestOf(`${facts.size} ${facts.mtimeMs}`);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function absent(address: string, what: string, options: FindOptions, hint?: string): Promise<IngotError> {
  const subject = localPath(address) ?? publicUrl(address);
  if (options.documents.downloader === undefined && localPath(address) === undefined)
    return new IngotError('OFFLINE_MISS', `The build is offline and nothing is kept of ${subject}`, {
      hint: 'Build once with the network.',
    });
  return new IngotError('FETCH_FAILED', `${subject} ${what}`, { hint: hint ?? (await otherImages(address, options)) });
}

async function otherImages(address: string, { documents }: FindOptions): Promise<string> {
  const folder = await nearestFolder(address, documents);
  const choices = folder === undefined ? '' : `${publicUrl(folder.address)} has: ${folder.names.join(', ')}. `;
  return `${choices}Check DIB_RELEASE, ARCH, DIB_CLOUD_IMAGES and BASE_IMAGE_FILE.`;
}
