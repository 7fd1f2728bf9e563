import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { Issue, SourcePlace } from '../model/error.ts';

/** A value of a YAML file that knows where it was written. Scalars are text, exactly as written. */
export type Placed = PlacedText | PlacedList | PlacedMap;

export interface PlacedText {
  readonly kind: 'text';
  readonly text: string;
  readonly place: SourcePlace;
}

export interface PlacedList {
  readonly kind: 'list';
  readonly items: readonly Placed[];
  readonly place: SourcePlace;
}

export interface PlacedMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, { readonly place: SourcePlace; readonly value: Placed }>;
  readonly place: SourcePlace;
}

/** Reads one YAML document. Anchors, aliases and merge keys are followed. */
export function readPlacedYaml(
  text: string,
  file: string,
): { readonly root: Placed; readonly issues: readonly Issue[] } {
  const lines = new LineCounter();
  // The failsafe schema keeps `8300`, `0x83` and `yes` the text they were written as.
  const document = parseDocument(text, { schema: 'failsafe', version: '1.1', lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): SourcePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const issues = document.errors.map((error) => ({
    message: `This is not valid YAML: ${error.message}`,
    place: placeOf(error.pos[0]),
  }));
  const reader = { document, placeOf, top: placeOf(0), openAnchors: new Set<Node>() };
  return { root: issues.length > 0 ? emptyText(reader.top) : placed(document.contents, reader.top, reader), issues };
}

interface Reader {
  readonly document: Document.Parsed;
  readonly placeOf: (offset: number) => SourcePlace;
  readonly top: SourcePlace;
  /** Anchored nodes that are being read. */
  readonly openAnchors: Set<Node>;
}

function placed(node: unknown, fallback: SourcePlace, reader: Reader): Placed {
  if (isAlias(node)) return placedAlias(node, fallback, reader);
  if (isScalar(node))
    return { kind: 'text', text: String(node.value ?? ''), place: placeOfNode(node, fallback, reader) };
  if (isSeq(node)) {
    const place = placeOfNode(node, fallback, reader);
    return { kind: 'list', items: node.items.map((item) => placed(item, place, reader)), place };
  }
  if (isMap(node)) return placedMap(node.items, placeOfNode(node, fallback, reader), reader);
  return emptyText(fallback);
}

/** An alias inside its own anchor would never end; it counts as nothing. */
function placedAlias(alias: Alias, fallback: SourcePlace, reader: Reader): Placed {
  const target = alias.resolve(reader.document);
  if (target === undefined || reader.openAnchors.has(target)) return emptyText(fallback);
  reader.openAnchors.add(target);
  const value = placed(target, fallback, reader);
  reader.openAnchors.delete(target);
  return value;
}

function placedMap(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  place: SourcePlace,
  reader: Reader,
): PlacedMap {
  const entries = new Map<string, { readonly place: SourcePlace; readonly value: Placed }>();
  const inherited: PlacedMap[] = [];
  for (const pair of pairs) {
    const key = placed(pair.key, place, reader);
    const value = placed(pair.value, key.place, reader);
    const name = key.kind === 'text' ? key.text : '';
    if (name === '<<') inherited.push(...(value.kind === 'list' ? value.items : [value]).filter(isPlacedMap));
    else entries.set(name, { place: key.place, value });
  }
  for (const map of inherited) {
    for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
  }
  return { kind: 'map', entries, place };
}

function isPlacedMap(value: Placed): value is PlacedMap {
  return value.kind === 'map';
}

function placeOfNode(node: Node, fallback: SourcePlace, reader: Reader): SourcePlace {
  return node.range ? reader.placeOf(node.range[0]) : fallback;
}

function emptyText(place: SourcePlace): PlacedText {
  return { kind: 'text', text: '', place };
}
