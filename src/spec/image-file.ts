import type { z } from 'zod';
import { IngotError, type Issue, type SourcePlace } from '../model/error.ts';
import { type DefinitionFile, parseDefinition } from '../yaml/definition-file.ts';
import {
  expectedValue,
  IMAGE_KEY_NAMES,
  ImageFile,
  type ImageKey,
  type ImageValue,
  imageKeyEntry,
  isImageKey,
} from './image-file-keys.ts';
import { suggest } from './suggest.ts';

/** One image that files describe. */
export interface ImageDefinition {
  /** As the file names it; `image` where it has no name. */
  readonly name: string;
  readonly values: Readonly<Partial<Record<ImageKey, ImageValue>>>;
  /** Where the image is first described. */
  readonly place: SourcePlace;
  /** Where each key of `values` was last written. */
  readonly places: Readonly<Partial<Record<ImageKey, SourcePlace>>>;
}

/** The text of a file of images, and its name for messages. */
export interface ImageFileText {
  readonly file: string;
  readonly text: string;
}

/**
 * The images that files describe, in order of their first mention. Items of one name are one image: what a later one says is added to lists
 * and maps and replaces anything else. An item without a name goes on with the image before it, also across files.
 * @throws IngotError `IMAGE_FILE_INVALID` with every fault in every file
 */
export function readImages(files: readonly ImageFileText[]): readonly ImageDefinition[] {
  const read = files.map(({ file, text }) => readImageFile(file, text));
  throwImageIssues(read.flatMap(({ issues }) => issues));
  const images = new Map<string, ImageDefinition>();
  let name = 'image';
  for (const item of read.flatMap(({ items }) => items)) {
    const { imagename } = item.values;
    if (typeof imagename === 'string') name = imagename;
    images.set(name, merged(name, images.get(name), item));
  }
  return [...images.values()];
}

/** The error for faults in files of images, when there are any. */
export function throwImageIssues(issues: readonly Issue[]): void {
  const [first, ...others] = issues;
  if (first === undefined) return;
  if (others.length === 0) throw new IngotError('IMAGE_FILE_INVALID', first.message, first);
  throw new IngotError('IMAGE_FILE_INVALID', `The images have ${issues.length} faults`, {
    issues,
    hint: 'Nothing was built. Correct them and run the command again.',
  });
}

type ImageItem = Omit<ImageDefinition, 'name'>;

function readImageFile(file: string, text: string): { items: readonly ImageItem[]; issues: readonly Issue[] } {
  const definition = parseDefinition(file, text, { hasYesAndNo: true, hasUniqueKeys: true });
  if (definition.value === undefined && definition.issues.length > 0) return { items: [], issues: definition.issues };
  const parsed = ImageFile.safeParse(definition.value);
  const faults = parsed.success ? [] : parsed.error.issues.flatMap((issue) => issuesOf(issue, definition));
  const issues = [...definition.issues, ...faults].sort((one, other) => positionOf(one) - positionOf(other));
  const items = (parsed.data ?? []).map((values, index): ImageItem => {
    const places = Object.keys(values).map((key) => [key, definition.placeOf([index, key])] as const);
    return { values, place: definition.placeOf([index]), places: Object.fromEntries(places) };
  });
  return { items, issues };
}

function merged(name: string, image: ImageDefinition | undefined, item: ImageItem): ImageDefinition {
  const values: Partial<Record<ImageKey, ImageValue>> = { ...image?.values };
  for (const key of IMAGE_KEY_NAMES) {
    const value = item.values[key];
    if (value !== undefined) values[key] = mergedValue(values[key], value);
  }
  return { name, values, place: image?.place ?? item.place, places: { ...image?.places, ...item.places } };
}

function mergedValue(before: ImageValue | undefined, value: ImageValue): ImageValue {
  if (Array.isArray(value)) return Array.isArray(before) ? [...before, ...value] : value;
  if (typeof value !== 'object') return value;
  return typeof before === 'object' && !Array.isArray(before) ? { ...before, ...value } : value;
}

function issuesOf(issue: z.core.$ZodIssue, definition: DefinitionFile): readonly Issue[] {
  const [, key] = issue.path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({ ...unknownKey(name), place: definition.placeOf([...issue.path, name]) }));
  }
  const place = definition.placeOf(issue.path);
  if (issue.path.length === 0) {
    return [
      { message: 'A file of images is a list', place, hint: 'Write each image as an item: "- imagename: NAME".' },
    ];
  }
  if (typeof key !== 'string' || !isImageKey(key)) {
    return [{ message: 'An image is a map of keys', place, hint: `Keys: ${IMAGE_KEY_NAMES.join(', ')}.` }];
  }
  const value = valueAt(definition.value, issue.path);
  const [, , name] = issue.path;
  // The values of variables may be secrets.
  if (typeof name === 'string')
    return [{ ...wrongValue(key, value), message: `"${name}" of "${key}" is ${formOf(value)}`, place }];
  return [{ ...wrongValue(key, value), place }];
}

function unknownKey(name: string): Issue {
  const suggestion = suggest(name, IMAGE_KEY_NAMES);
  const question = suggestion === undefined ? '' : `Did you mean ${suggestion}? `;
  return {
    message: `"${name}" is no key of an image`,
    hint: `${question}Keys: ${IMAGE_KEY_NAMES.join(', ')}.`,
  };
}

function wrongValue(key: ImageKey, value: unknown): Issue {
  const { choices = [], takes } = imageKeyEntry(key);
  const suggestion = typeof value === 'string' ? suggest(value, choices.map(String)) : undefined;
  const wantsText = takes === 'text' || takes === 'map' || takes === 'list';
  const isBare = typeof value === 'number' || typeof value === 'boolean';
  const first = suggestion === undefined ? '' : `Did you mean ${suggestion}? `;
  const last = wantsText && isBare && choices.length === 0 ? ` Text that looks like something else needs quotes.` : '';
  return { message: `"${key}" has ${shown(value)}`, hint: `${first}It has to be ${expectedValue(key)}.${last}` };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : formOf(value);
}

function formOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined),
    value,
  );
}

/** For sorting: no line is longer than a million columns. */
function positionOf({ place }: Issue): number {
  return (place?.line ?? 0) * 1_000_000 + (place?.column ?? 0);
}
