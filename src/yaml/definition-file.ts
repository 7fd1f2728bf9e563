import { isMap, isNode, isPair, isSeq, LineCounter, parseDocument, type ScalarTag } from 'yaml';
import type { z } from 'zod';
import type { Issue, SourcePlace } from '../model/error.ts';

/** A YAML or JSON file that a person wrote, as plain values that know where they stand. */
export interface DefinitionFile {
  readonly file: string;
  readonly value: unknown;
  /** The place of the value at a path of keys and indices, or of the nearest one around it. */
  readonly placeOf: (path: readonly PropertyKey[]) => SourcePlace;
  /** What is wrong with its syntax; `value` is undefined where that leaves none. */
  readonly issues: readonly Issue[];
}

/** How a kind of file is read where the usual readers of YAML differ. */
export interface DefinitionStyle {
  /** True reads `yes`, `no`, `on` and `off` as booleans, as YAML 1.1 does; else they are text, such as the name of a package. */
  readonly hasYesAndNo?: boolean;
  /** True makes a key that stands twice in one map an issue; else the last one counts. */
  readonly hasUniqueKeys?: boolean;
}

/** Reads the text of a YAML file; JSON is YAML. */
export function parseDefinition(file: string, text: string, style: DefinitionStyle = {}): DefinitionFile {
  // JSON is read at once, and as YAML only where somebody asks for a place: that takes fifty times as long.
  const json = style.hasUniqueKeys !== true && JSON_START.test(text) ? parseJson(text) : undefined;
  if (json?.kind !== 'value') return parseYaml(file, text, style);
  return { file, value: json.value, placeOf: (path) => parseYaml(file, text, style).placeOf(path), issues: [] };
}

const JSON_START = /^\s*[{[]/;

function parseYaml(file: string, text: string, style: DefinitionStyle): DefinitionFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    merge: true,
    uniqueKeys: style.hasUniqueKeys === true,
    customTags: style.hasYesAndNo === true ? [YES_AND_NO] : null,
    lineCounter: lines,
    prettyErrors: false,
  });
  const placeAt = (offset: number): SourcePlace => {
    const { line, col: column } = lines.linePos(offset);
    return { file, line, column };
  };
  const fault = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (fault === undefined) {
    const placeOf = (path: readonly PropertyKey[]) => placeAt(offsetOf(document.contents, path));
    const issues = document.errors.map(({ pos }) => ({
      message: 'This key stands twice in one map',
      place: placeAt(pos[0]),
      hint: 'Keep one of the two.',
    }));
    // Whoever writes these files also writes programs that run here, so a bound on aliases would protect nobody.
    return { file, value: document.toJS({ maxAliasCount: -1 }), placeOf, issues };
  }
  const unread = { file, value: undefined, placeOf: () => ({ file }) };
  // JSON indented with tabs is no YAML
  const json = parseJson(text);
  if (json.kind === 'value') return { ...unread, value: json.value, issues: [] };
  if (JSON_START.test(text) && text.includes('\t')) {
    return { ...unread, issues: [{ message: `This is not JSON: ${json.message}`, place: { file, ...json.place } }] };
  }
  const issue = { message: `This is neither YAML nor JSON: ${fault.message}`, place: placeAt(fault.pos[0]) };
  return { ...unread, issues: [issue] };
}

const YES_AND_NO: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

/** The faults that a schema found, at their places in the file. */
export function schemaIssues(definition: DefinitionFile, error: z.ZodError): readonly Issue[] {
  return error.issues.map((issue) => ({
    message: `${issue.path.length === 0 ? 'The file' : `"${issue.path.join('.')}"`}: ${issue.message}`,
    place: definition.placeOf(issue.path),
  }));
}

type ReadJson =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly message: string; readonly place: Omit<SourcePlace, 'file'> };

function parseJson(text: string): ReadJson {
  try {
    return { kind: 'value', value: JSON.parse(text) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const [, message = said, line, column] = /^(.*) at position \d+ \(line (\d+) column (\d+)\)$/.exec(said) ?? [];
    const place = line === undefined ? {} : { line: Number(line), column: Number(column) };
    return { kind: 'fault', message, place };
  }
}

function offsetOf(root: unknown, path: readonly PropertyKey[]): number {
  let offset = 0;
  let node = root;
  for (const key of path) {
    const found: unknown = childOf(node, key);
    const start = isPair(found) ? found.key : found;
    if (isNode(start) && start.range) offset = start.range[0];
    node = isPair(found) ? found.value : found;
  }
  return offset;
}

function childOf(node: unknown, key: PropertyKey): unknown {
  if (isMap(node)) {
    return node.items.findLast((pair) => isNode(pair.key) && String(pair.key) === String(key));
  }
  return isSeq(node) ? node.items[Number(key)] : undefined;
}
