import type { ImageFormat } from '../model/artifact.ts';
import type { BuildRequest } from '../model/request.ts';
import { writerOf } from './registry.ts';

/** A file that a build is going to write. */
export interface Output {
  readonly format: ImageFormat;
  /** Absolute path. */
  readonly path: string;
}

/** The image files of a request, in the order asked for. */
export function outputsOf(request: Pick<BuildRequest, 'outputName' | 'formats'>): Output[] {
  return request.formats.map((format) => ({ format, path: `${request.outputName}.${writerOf(format).extension}` }));
}
