import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkFit } from '../disk/check-fit.ts';
import { imageSize } from '../disk/image-size.ts';
import { measureTree } from '../disk/measure-tree.ts';
import { factsOf } from '../formats/registry.ts';
import { type Bytes, KIB } from '../model/bytes.ts';
import type { Element } from '../model/element.ts';
import type { BuildRequest } from '../model/request.ts';
import type { BuildContext } from './build-context.ts';

/** Below the build folder, so that the number is part of the layer in which it was settled. */
const RECORD = 'states/image-size-kib';

/**
 * Settles how large the disk will be, from the tree as it is at the end of post-root.d and the request's wishes.
 * @param isLayoutSure false where the disk may be another one, whose size says nothing of whether the tree fits
 * @throws IngotError `IMAGE_TOO_SMALL` when the tree cannot fit it
 */
export async function settleImageSize(
  { task, tree, request, elements, layout }: BuildContext,
  isLayoutSure: boolean,
): Promise<void> {
  const { imageGib, extraMib, journalMib } = request.size;
  const whole = measureTree(tree.root);
  const size = imageSize({
    treeBytes: whole.blockBytes,
    imageGib,
    extraMib,
    journalMib,
    rootType: layout.rootType,
    elements: elements.map((element) => element.name),
  });
  if (isLayoutSure && makesDisk(request)) checkFit(layout.layout, tree.root, size, whole);
  const path = join(task.folders.build, RECORD);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, String(size / KIB));
}

/** The size settled for the disk in KiB; undefined before that. The build tree must be open. */
export async function readImageSize(buildFolder: string): Promise<number | undefined> {
  const text = await readFile(join(buildFolder, RECORD), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

/** True where an image format of the build is made from a disk. */
export function makesDisk({ formats }: Pick<BuildRequest, 'formats'>): boolean {
  return formats.some((format) => factsOf(format).source === 'disk');
}

/** The size that the request alone fixes, whatever the tree takes; undefined where the tree decides. */
export function wantedImageSize(
  request: BuildRequest,
  elements: readonly Element[],
  rootType: string,
): Bytes | undefined {
  const { imageGib, journalMib } = request.size;
  if (imageGib === undefined) return undefined;
  return imageSize({ treeBytes: 0, imageGib, journalMib, rootType, elements: elements.map((element) => element.name) });
}
