import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder in which all image tests of one run build, with the caches that they share. */
    readonly imageLab: string;
  }
}

/** Folders that builds of the lab have for their own. */
export const LAB_FOLDERS = ['cache', 'elements', 'home', 'out', 'tmp'] as const;

/**
 * Runs once before the image tests: makes the folder in which all of them build, so that what one has fetched and built the next one has.
 * `INGOT_IMAGE_LAB` names a folder that stays for the next run.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kept = process.env.INGOT_IMAGE_LAB;
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'ingot-images-')));
  for (const name of LAB_FOLDERS) await mkdir(join(folder, name), { recursive: true });
  await chmod(folder, 0o755);
  project.provide('imageLab', folder);
  return async () => {
    if (kept === undefined) await rm(folder, { recursive: true, force: true });
  };
}
