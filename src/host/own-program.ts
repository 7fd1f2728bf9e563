import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Absolute path of a program of ingot, such as `builder`: as TypeScript where this runs from the source, with joined modules where
 * this has them, too.
 */
export function ownProgram(name: string): string {
  return fileURLToPath(new URL(`../bin/${name}${extname(import.meta.filename)}`, import.meta.url));
}
