import { constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isThere } from '../host/is-there.ts';
import type { Issue } from '../model/error.ts';

/** A file as the checks of `dib-lint` see it. */
export interface LintFile {
  /** Path as it is shown. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** The first line where it names an interpreter, else empty. */
  readonly interpreter: string;
  readonly isExecutable: boolean;
  /** Names of checks that its lines `# dib-lint: disable=NAME NAME` switch off. */
  readonly disabled: ReadonlySet<string>;
}

/** A fault that `dib-lint` found. */
export interface LintFault extends Issue {
  /** Name of the check, by which it can be switched off. */
  readonly check: string;
}

/** Reads a file for the checks. Throws as Node does when it cannot be read. */
export async function readLintFile(path: string): Promise<LintFile> {
  const text = await readFile(path, 'utf8');
  const lines = text.split('\n');
  const [first = ''] = lines;
  const lists = [...text.matchAll(/^# dib-lint: disable=(.*)$/gm)].map((match) => match[1] ?? '');
  return {
    path,
    text,
    lines,
    interpreter: first.startsWith('#!') ? first : '',
    isExecutable: isThere(path, constants.X_OK),
    disabled: new Set(lists.flatMap(checkNames)),
  };
}

/** Names of checks, divided by blanks and commas. */
export function checkNames(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((name) => name !== '');
}

/** Lines as bash's `read` gives them: without blanks at the front, and joined where a backslash ends one. Counted from 1. */
export function joinedLines({ lines }: LintFile): readonly { readonly number: number; readonly text: string }[] {
  const joined: { number: number; text: string }[] = [];
  let isOpen = false;
  for (const [index, line] of lines.entries()) {
    const last = joined.at(-1);
    if (isOpen && last !== undefined) last.text += line.trimStart();
    else joined.push({ number: index + 1, text: line.trimStart() });
    isOpen = line.endsWith('\\');
  }
  return joined;
}
