import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { IngotError } from '../model/error.ts';
import { PHASE_NAMES } from '../model/phase.ts';
import { ELEMENT_FILES } from './element-files.ts';

/** A folder that a person named: of one element, or of several. */
export interface ElementPlace {
  /** As it was named. */
  readonly folder: string;
  readonly isElement: boolean;
  /** Folders of its elements; itself for an element. */
  readonly elements: readonly string[];
}

/** What only an element has on its first level. */
const ELEMENT_NAMES: readonly string[] = [
  ...ELEMENT_FILES.flatMap(({ path, tells }) => (tells === true ? [path.split('/')[0] ?? ''] : [])),
  ...PHASE_NAMES,
];

/**
 * Says whether a folder is an element or holds elements.
 * @throws IngotError `ELEMENTS_PATH_ENTRY` when there is no such folder
 */
export async function findElementPlace(folder: string): Promise<ElementPlace> {
  const names = await namesIn(folder);
  if (names === undefined)
    throw new IngotError('ELEMENTS_PATH_ENTRY', `${folder} is no folder`, {
      hint: 'Name an element or a folder of elements.',
    });
  const single = { folder, isElement: true, elements: [folder] };
  if (names.some((name) => ELEMENT_NAMES.includes(name))) return single;
  const elements: string[] = [];
  for (const name of names) {
    const below = await namesIn(join(folder, name));
    const isElement = below?.some((one) => one === 'README.rst' || ELEMENT_NAMES.includes(one));
    if (isElement === true) elements.push(join(folder, name));
  }
  return elements.length === 0 ? single : { folder, isElement: false, elements };
}

async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  const facts = await stat(folder).catch(() => undefined);
  return facts?.isDirectory() === true ? (await readdir(folder)).sort() : undefined;
}
