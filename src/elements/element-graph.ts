import type { Element } from '../model/element.ts';
import type { ElementLibrary } from './element-library.ts';
import { requireElement } from './require-element.ts';

/** Which names some elements lead to. */
export interface ElementGraph {
  /** Names that were asked for. */
  readonly roots: readonly string[];
  /** In the order in which they are met, breadth first. */
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  readonly name: string;
  /** `element` has a folder; `name` has none, so that another element has to provide it. */
  readonly kind: 'element' | 'name';
  /** Names that it needs, as written. */
  readonly needs: readonly string[];
  /** Elements of the graph that provide the name. A name without a folder and without any is missing from the graph. */
  readonly providedBy: readonly string[];
}

/**
 * The names that elements lead to, breadth first, each once. The elements need not be enough for an image.
 * @throws IngotError `ELEMENT_UNKNOWN` for a name of `roots` that is no element
 */
export function elementGraph(roots: readonly string[], library: ElementLibrary): ElementGraph {
  for (const name of roots) requireElement(name, library);
  const names = new Set(roots);
  // A set hands out what is added while it is walked.
  for (const name of names) for (const need of library.elements.get(name)?.needs ?? []) names.add(need);
  const elements = [...names].flatMap((name) => library.elements.get(name) ?? []);
  return { roots: [...new Set(roots)], nodes: [...names].map((name) => nodeOf(name, library, elements)) };
}

function nodeOf(name: string, library: ElementLibrary, elements: readonly Element[]): GraphNode {
  const element = library.elements.get(name);
  const providedBy = elements.filter(({ provides }) => provides.includes(name)).map((one) => one.name);
  return { name, kind: element === undefined ? 'name' : 'element', needs: element?.needs ?? [], providedBy };
}
