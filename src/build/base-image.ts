import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { declaredImage } from '../base-images/declaration.ts';
import { findImage, type PublishedImage } from '../base-images/find-image.ts';
import { answerBaseImage, answerUnpackImage, type ImageContext } from '../base-images/image-requests.ts';
import { openDownloader } from '../host/download.ts';
import type { Hook } from '../model/element.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { BuildRequest, Environment } from '../model/request.ts';
import { asksForBaseImage } from './hook-inputs.ts';
import type { RequestHandler } from './request-channel.ts';

export interface BaseImageOptions {
  readonly request: BuildRequest;
  readonly hooks: readonly Hook[];
  readonly textOf: (hook: Hook) => string;
  /** Environment of the elements, which names the image. */
  readonly env: Environment;
  /** Absolute path of a folder of this build that is not in memory. */
  readonly scratch: string;
  readonly isUserNamespace: boolean;
  readonly emit: EmitEvent;
}

/** The published image that a build starts from, and what hooks get of it. */
export interface BaseImage {
  /** Another one stands for another image; empty where no hook asks for one. */
  readonly version: string;
  readonly handlers: Readonly<Record<string, RequestHandler>>;
}

/**
 * Finds out, where a hook is going to ask for it, which image the build starts from. The image itself is fetched when the hook runs.
 * @throws IngotError as `findImage` does, with the name of the element
 */
export async function openBaseImage(options: BaseImageOptions): Promise<BaseImage> {
  const { request, hooks, env, scratch, isUserNamespace, emit } = options;
  const { imageCache, isOffline } = request;
  const folder = join(imageCache, 'ingot', 'base-images');
  const context: ImageContext = {
    store: { folder, isOffline, env, emit },
    unpacking: { scratch, isUserNamespace },
  };
  const asking = hooks.find((hook) => asksForBaseImage(options.textOf(hook)));
  const published = asking === undefined ? undefined : await publishedImage(options, folder, asking);
  return {
    version: published?.version ?? '',
    handlers: {
      'base-image': async (call) =>
        await answerBaseImage(call, published ?? (await publishedImage(options, folder)), context),
      'unpack-image': async (call) => await answerUnpackImage(call, context),
    },
  };
}

async function publishedImage(
  { request, env, scratch, emit }: BaseImageOptions,
  folder: string,
  hook?: Hook,
): Promise<PublishedImage> {
  await using downloader = request.isOffline ? undefined : await openDownloader({ env });
  await mkdir(folder, { recursive: true });
  try {
    const documents = { folder: join(folder, 'documents'), downloader };
    return await findImage(declaredImage(env, request.workingFolder), { documents, scratch, emit });
  } catch (error) {
    if (!(error instanceof IngotError) || hook === undefined) throw error;
    throw new IngotError(error.code, `The element ${hook.element} has no base image: ${error.message}`, error.details);
  }
}
