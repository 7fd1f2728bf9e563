import type { Element } from '../model/element.ts';
import { IngotError } from '../model/error.ts';
import type { ElementLibrary } from './element-library.ts';
import { hintForUnknown } from './expand-elements.ts';

/**
 * The element of a name that a person typed.
 * @throws IngotError `ELEMENT_UNKNOWN`, with the nearest name
 */
export function requireElement(name: string, library: ElementLibrary): Element {
  const element = library.elements.get(name);
  if (element !== undefined) return element;
  throw new IngotError('ELEMENT_UNKNOWN', `There is no element "${name}"`, { hint: hintForUnknown(name, library) });
}
