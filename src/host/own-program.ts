import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Absolute path of a program of ingot, such as `builder`: as TypeScript where this runs from the source, joined to one file where this
 * does, too.
 */
export function ownProgram(name: string): string {
  return fileURLToPath(new URL(`../bin/${name}${extname(import.meta.filename)}`, import.meta.url));
}
