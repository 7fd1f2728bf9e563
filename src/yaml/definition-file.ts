import { isMap, isNode, isPair, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Issue, SourcePlace } from '../model/error.ts';

/** A YAML or JSON file that a person wrote, as plain values that know where they stand. */
export interface DefinitionFile {
  readonly file: string;
  readonly value: unknown;
  /** The place of the value at a path of keys and indices, or of the nearest one around it. */
  readonly placeOf: (path: readonly PropertyKey[]) => SourcePlace;
  /** What is wrong with its syntax; `value` is undefined then. */
  readonly issues: readonly Issue[];
}

/**
 * Reads the text of a YAML file; JSON is YAML, and of equal keys the last counts, as in both formats' usual readers. `yes`, `y` and the like
 * are text: they may be names, and no key of an element's file needs a boolean.
 */
export function parseDefinition(file: string, text: string): DefinitionFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, uniqueKeys: false, lineCounter: lines, prettyErrors: false });
  const [fault] = document.errors;
  if (fault === undefined) {
    const placeOf = (path: readonly PropertyKey[]) => placeIn(file, document.contents, path, lines);
    return { file, value: document.toJS(), placeOf, issues: [] };
  }
  // JSON indented with tabs is no YAML
  const json = parseJson(text);
  if (json !== undefined) return { file, value: json.value, placeOf: () => ({ file }), issues: [] };
  const { line, col: column } = lines.linePos(fault.pos[0]);
  const issue = { message: `This is neither YAML nor JSON: ${fault.message}`, place: { file, line, column } };
  return { file, value: undefined, placeOf: () => ({ file }), issues: [issue] };
}

/** The faults that a schema found, at their places in the file. */
export function schemaIssues(definition: DefinitionFile, error: z.ZodError): readonly Issue[] {
  return error.issues.map((issue) => ({
    message: `${issue.path.length === 0 ? 'The file' : `"${issue.path.join('.')}"`}: ${issue.message}`,
    place: definition.placeOf(issue.path),
  }));
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function placeIn(file: string, root: unknown, path: readonly PropertyKey[], lines: LineCounter): SourcePlace {
  let offset = 0;
  let node = root;
  for (const key of path) {
    const found: unknown = childOf(node, key);
    const start = isPair(found) ? found.key : found;
    if (isNode(start) && start.range) offset = start.range[0];
    node = isPair(found) ? found.value : found;
  }
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}

function childOf(node: unknown, key: PropertyKey): unknown {
  if (isMap(node)) {
    return node.items.findLast((pair) => isNode(pair.key) && String(pair.key) === String(key));
  }
  return isSeq(node) ? node.items[Number(key)] : undefined;
}
