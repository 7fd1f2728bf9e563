import type { BuildContext } from './build-context.ts';

/** Puts the finished tree on a disk and writes the image files. */
export async function makeImage(_context: BuildContext): Promise<void> {}
