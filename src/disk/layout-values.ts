import type { Bytes } from '../model/bytes.ts';
import type { SourcePlace } from '../model/error.ts';
import type { LayoutDefaults } from './layout-defaults.ts';
import type { LayoutEntry, LayoutFindings, LayoutKind } from './layout-entries.ts';
import { parseSize, SIZE_CHOICES } from './size-text.ts';

/** What every part of a layout is built from. */
export interface LayoutContext {
  readonly entries: readonly LayoutEntry[];
  readonly defaults: LayoutDefaults;
  readonly findings: LayoutFindings;
}

/** Notes a fault of a layout. */
export function report(context: LayoutContext, place: SourcePlace, message: string, hint: string): void {
  context.findings.issues.push({ message, place, hint });
}

/** The text of a setting; undefined when it is missing or empty. Anything but text is reported. */
export function textValue(context: LayoutContext, entry: LayoutEntry, key: string): string | undefined {
  const value = entry.values.get(key)?.value;
  if (value === undefined || (value.kind === 'text' && value.text === '')) return undefined;
  if (value.kind === 'text') return value.text;
  report(context, value.place, `"${key}" of "${entry.name}" is a ${value.kind}`, `Write one value behind "${key}:".`);
  return undefined;
}

/** A size of more than nothing; undefined when the setting is missing, or reported. */
export function sizeValue(context: LayoutContext, entry: LayoutEntry, key: string): Bytes | undefined {
  const text = textValue(context, entry, key);
  const size = text === undefined ? undefined : parseSize(text);
  if (size !== undefined && size > 0) return size;
  if (text !== undefined) report(context, placeOf(entry, key), `"${text}" is not a size`, `Write ${SIZE_CHOICES}.`);
  return undefined;
}

/** A list of texts; empty when it is missing. Anything else is reported. */
export function listValue(context: LayoutContext, entry: LayoutEntry, key: string): readonly string[] {
  const value = entry.values.get(key)?.value;
  if (value === undefined || (value.kind === 'text' && value.text === '')) return [];
  const items = value.kind === 'list' ? value.items : [];
  const texts = items.flatMap((item) => (item.kind === 'text' ? [item.text] : []));
  if (value.kind !== 'list' || texts.length < items.length) {
    report(context, value.place, `"${key}" of "${entry.name}" is no list of words`, `Write "${key}: [ a, b ]".`);
  }
  return texts;
}

/** A whole number, or `fallback` when the setting is missing. Anything else is reported. */
export function numberValue(context: LayoutContext, entry: LayoutEntry, key: string, fallback: number): number {
  const text = textValue(context, entry, key);
  if (text === undefined) return fallback;
  if (/^\d+$/.test(text)) return Number(text);
  report(
    context,
    placeOf(entry, key),
    `"${key}" of "${entry.name}" is not a whole number: ${text}`,
    'Write 0, 1 or 2.',
  );
  return fallback;
}

/** Where a setting was written; the node itself when it was not. */
export function placeOf(entry: LayoutEntry, key: string): SourcePlace {
  return entry.values.get(key)?.value.place ?? entry.place;
}

/** The one node of these kinds that stands on `base`; a second one is reported. */
export function onlyChild(
  context: LayoutContext,
  base: LayoutEntry,
  kinds: readonly LayoutKind[],
): LayoutEntry | undefined {
  const [first, ...more] = context.entries.filter((entry) => entry.base === base.name && kinds.includes(entry.kind));
  for (const extra of more) {
    report(
      context,
      extra.place,
      `"${base.name}" already carries "${first?.name}" and cannot carry "${extra.name}" too`,
      'Give each node a base of its own.',
    );
  }
  return first;
}
