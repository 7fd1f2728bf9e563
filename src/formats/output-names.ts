import { type FileFormat, isFileFormat } from '../model/artifact.ts';
import type { BuildRequest } from '../model/request.ts';
import { writerOf } from './registry.ts';

/** A file that a build is going to write. */
export interface Output {
  readonly format: FileFormat;
  /** Absolute path. */
  readonly path: string;
}

/** The image files of a request, in the order asked for. */
export function outputsOf(request: Pick<BuildRequest, 'outputName' | 'formats'>): Output[] {
  const formats = request.formats.filter(isFileFormat);
  return formats.map((format) => ({ format, path: `${request.outputName}.${writerOf(format).extension}` }));
}
