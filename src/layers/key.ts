import { createHash } from 'node:crypto';

declare const layerKeyBrand: unique symbol;

/** Names a tree state: SHA-256, in hexadecimal, of everything that could change it. */
export type LayerKey = string & { readonly [layerKeyBrand]: true };

/** What went into a key, by name: either the value itself or a digest of it. */
export type KeyFields = Readonly<Record<string, string>>;

/** The key of a state that `fields` lead to from `parent`. The order of the fields does not matter. */
export function layerKey(parent: LayerKey | undefined, fields: KeyFields): LayerKey {
  const entries = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return digestOf(JSON.stringify([parent ?? null, entries])) as LayerKey;
}

/** SHA-256 of text or bytes, in hexadecimal. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The first field in which two steps differ, in words; undefined when they are the same. */
export function explainDifference(before: KeyFields, after: KeyFields): string | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changed = names.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return undefined;
  return changed
    .map((name) =>
      before[name] === undefined ? `${name} is new` : after[name] === undefined ? `${name} is gone` : `${name} changed`,
    )
    .join(', ');
}
