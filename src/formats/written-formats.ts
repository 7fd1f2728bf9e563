import type { ImageFormat } from '../model/artifact.ts';
import type { Element } from '../model/element.ts';
import type { BuildRequest } from '../model/request.ts';
import { factsOf } from './registry.ts';

/**
 * The formats that a build writes. Ramdisks, and builds with an element named like `no-final-image`, end with the tree: of the formats asked
 * for, only archives of the tree are left.
 */
export function writtenFormats(
  { purpose, formats }: Pick<BuildRequest, 'purpose' | 'formats'>,
  elements: readonly Pick<Element, 'name'>[],
): readonly ImageFormat[] {
  const endsWithTree = purpose === 'ramdisk' || elements.some(({ name }) => name.includes('no-final-image'));
  return endsWithTree ? formats.filter((format) => factsOf(format).source === 'tree') : formats;
}
