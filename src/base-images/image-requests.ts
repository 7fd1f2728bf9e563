import { basename } from 'node:path';
import { IngotError } from '../model/error.ts';
import type { PublishedImage } from './find-image.ts';
import { type StoreOptions, storedImage } from './image-store.ts';
import { unpackImage } from './unpack-image.ts';
import type { UnpackRequest } from './unpack-request.ts';

/** What a hook asks for. */
export interface ImageCall {
  readonly args: readonly string[];
}

/** What the hook sees, as if a command had run. */
export interface ImageAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the requests of a build have in common. */
export interface ImageContext {
  readonly store: StoreOptions;
  readonly unpacking: Pick<UnpackRequest, 'scratch' | 'isUserNamespace'>;
}

/**
 * Answers `base-image TREE`: unpacks the published image that the elements name into a folder.
 * @throws IngotError as `storedImage` and `unpackImage` do, `USAGE`
 */
export async function answerBaseImage(
  { args }: ImageCall,
  published: PublishedImage,
  context: ImageContext,
): Promise<ImageAnswer> {
  const [tree, ...more] = args;
  if (tree === undefined || more.length > 0) throw misunderstood('base-image TREE');
  const image = await storedImage(published, context.store);
  await unpackImage({ ...context.unpacking, image, name: published.name, tree });
  return { status: 0, stdout: `Unpacked ${published.name}\n`, stderr: '' };
}

/**
 * Answers `unpack-image FILE TREE`: unpacks an image of this machine into a folder.
 * @throws IngotError as `unpackImage` does, `USAGE`
 */
export async function answerUnpackImage({ args }: ImageCall, context: ImageContext): Promise<ImageAnswer> {
  const [image, tree, ...more] = args;
  if (image === undefined || tree === undefined || more.length > 0) throw misunderstood('unpack-image FILE TREE');
  await unpackImage({ ...context.unpacking, image, name: basename(image), tree });
  return { status: 0, stdout: '', stderr: '' };
}

function misunderstood(usage: string): IngotError {
  return new IngotError('USAGE', 'The request for a base image cannot be understood', { hint: `usage: ${usage}` });
}
