import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { digestOf } from '../layers/key.ts';

/** Some files as one: a digest that tells them from others, and the words in them that can be names of variables. */
export interface Texts {
  readonly digest: string;
  readonly words: ReadonlySet<string>;
}

/**
 * Reads every file below a folder; a link counts with its target and with what it leads to.
 * @returns modes and texts, by paths below the folder
 */
export function readTexts(folder: string): Map<string, string> {
  const texts = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (entry.isSymbolicLink()) texts.set(name, `link to ${readlinkSync(path)}\n${textOfLink(path)}`);
    else if (entry.isFile())
      texts.set(name, `mode ${(statSync(path).mode & 0o7777).toString(8)}\n${readFileSync(path, 'latin1')}`);
  }
  return texts;
}

function textOfLink(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Takes files together. Their order does not matter. */
export function joined(files: Iterable<readonly [path: string, text: string]>): Texts {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return { digest: digestOf(JSON.stringify(sorted)), words: wordsOf(sorted.map(([, text]) => text).join('\n')) };
}

/** The words of a text that can be names of variables. */
export function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []);
}
