import { chmod, chown, copyFile, mkdtemp, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { IngotError } from '../model/error.ts';
import type { FormatInput, FormatWriter } from './format-writer.ts';
import { type ArchiveOptions, archiveTree } from './tree-archive.ts';

/** `aci`: an app container image, which is an archive with the root tree below `rootfs` and with the `manifest` that the user wrote. */
export const aciFormat = {
  source: 'tree',
  extension: 'aci',
  tools: () => ['tar'],
  keepsOldImage: false,
  check: async ({ aciManifest }) => {
    if (aciManifest === undefined) return;
    await readFile(aciManifest).catch((cause: unknown) => {
      throw new IngotError('USAGE', `The file ${aciManifest}, which ACI_MANIFEST names, cannot be read`, {
        hint: 'Name a manifest of an app container image, or unset the variable.',
        cause,
      });
    });
  },
  write: async (input) => {
    const folder = await mkdtemp(join(input.scratch, 'aci-'));
    try {
      // Targets of symbolic links stay as they are, those of hard links are names in the archive.
      await archiveTree(input, { rename: 's,^\\.,rootfs,rhS', more: await copyManifest(input, folder) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
} as const satisfies FormatWriter;

/** Copies the manifest under the name, owner and time that it has in the archive. */
async function copyManifest({ wish, epoch, emit }: FormatInput, folder: string): Promise<ArchiveOptions['more']> {
  if (wish.aciManifest === undefined) {
    emit({
      kind: 'message',
      level: 'warning',
      text: 'The aci image has no manifest, and nothing runs it without one.',
      hint: 'Name a manifest in the variable ACI_MANIFEST.',
    });
    return undefined;
  }
  const copy = join(folder, 'manifest');
  await copyFile(wish.aciManifest, copy);
  await chmod(copy, 0o644);
  await chown(copy, 0, 0);
  await utimes(copy, epoch, epoch);
  return { folder, names: ['manifest'] };
}
