import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import type { Element } from '../model/element.ts';
import { BUNDLED_ELEMENTS } from './bundled-elements.ts';
import { type DescribedVariable, readReadme } from './element-readme.ts';
import { selectEnvironmentNames } from './run-parts.ts';

/** What an element is for, and what it is configured with. */
export interface ElementDescription extends Element {
  /** First sentence of the README. */
  readonly summary: string;
  readonly isBundled: boolean;
  /** Of the README, and those that `environment.d` sets. */
  readonly variables: readonly DescribedVariable[];
}

/** Reads the README of an element and its `environment.d`. */
export async function describeElement(element: Element): Promise<ElementDescription> {
  const { summary, variables } = readReadme(readTextIfPresent(join(element.path, 'README.rst')) ?? '');
  return {
    ...element,
    summary,
    isBundled: dirname(element.path) === BUNDLED_ELEMENTS,
    variables: withSettings(variables, await readSettings(element.path)),
  };
}

/** `export NAME=${NAME:-default}` and the like of `environment.d`: names and defaults. */
async function readSettings(folder: string): Promise<ReadonlyMap<string, string | undefined>> {
  const environment = join(folder, 'environment.d');
  const names = selectEnvironmentNames(await readdir(environment).catch(() => []));
  const texts = await Promise.all(names.map(async (name) => await readFile(join(environment, name), 'utf8')));
  const lines = [...texts.join('\n').matchAll(/^\s*export\s+(\w+)(?:=(.*))?$/gm)];
  return new Map(
    lines.map(([, name = '', value]) => [name, value === undefined ? undefined : fallbackOf(name, value)] as const),
  );
}

function fallbackOf(name: string, value: string): string | undefined {
  const text = value.replace(/^(["'])(.*)\1$/, '$2');
  const fallback = new RegExp(`^\\$\\{${name}:?-(.*)\\}$`).exec(text)?.[1];
  return fallback?.startsWith('$_') ? undefined : fallback; // a variable of the file's own
}

/** The README says most; `environment.d` adds what it does not mention. */
function withSettings(
  described: readonly DescribedVariable[],
  settings: ReadonlyMap<string, string | undefined>,
): readonly DescribedVariable[] {
  const others = [...settings].filter(([name]) => !described.some((variable) => variable.name === name));
  return [
    ...described.map((variable) => ({ ...variable, fallback: variable.fallback ?? settings.get(variable.name) })),
    ...others.map(([name, fallback]) => ({ name, fallback, meaning: '' })),
  ];
}
