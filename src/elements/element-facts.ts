import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import type { Element, Hook } from '../model/element.ts';
import { BUNDLED_ELEMENTS } from './bundled-elements.ts';
import type { ElementLibrary } from './element-library.ts';
import { type DescribedVariable, readReadme } from './element-readme.ts';
import { findTests } from './element-tests.ts';
import { collectHookTree } from './hook-tree.ts';
import { type PackageWish, readPackageInstalls } from './package-installs-file.ts';
import { planHooks } from './phase-hooks.ts';
import { readPackageMap } from './package-maps.ts';
import { namesInMap } from './pkg-map.ts';
import { selectEnvironmentNames } from './run-parts.ts';

/** Everything that the files of an element tell about it. */
export interface ElementFacts extends Element {
  /** First sentence of the README. */
  readonly summary: string;
  readonly isBundled: boolean;
  /** Elements of the search path that need this one or a name that it provides, in order of name. */
  readonly neededBy: readonly string[];
  /** In running order. */
  readonly hooks: readonly Hook[];
  readonly packages: readonly PackageFacts[];
  /** Of the README, and those that `environment.d` sets. */
  readonly variables: readonly DescribedVariable[];
  readonly tests: readonly string[];
}

/** A package that an element asks for. */
export interface PackageFacts
  extends Pick<PackageWish, 'package' | 'phase' | 'kind' | 'arch' | 'notArch' | 'installType'> {
  /** Statements that have to be true, such as `DIB_X = 1`. */
  readonly when: readonly string[];
  /** What the package map makes of the name: by section, such as `family debian`; empty where no package is needed there. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * Gathers what the files of an element tell about it.
 * @throws IngotError `DEFINITION_INVALID` for a package map that cannot be understood or a file that cannot be read
 */
export async function elementFacts(element: Element, library: ElementLibrary): Promise<ElementFacts> {
  const readme = readReadme((await readTextIfPresent(join(element.path, 'README.rst'))) ?? '');
  const hooks = planHooks(await collectHookTree([element]));
  return {
    ...element,
    summary: readme.summary,
    isBundled: dirname(element.path) === BUNDLED_ELEMENTS,
    neededBy: neededBy(element, library),
    hooks: [...hooks.values()].flat(),
    packages: await packagesOf(element),
    variables: withSettings(readme.variables, await readSettings(element.path)),
    tests: (await findTests(element)).map(({ name }) => name),
  };
}

function neededBy({ name, provides }: Element, library: ElementLibrary): readonly string[] {
  const names = [name, ...provides];
  return [...library.elements.values()]
    .filter(({ needs }) => needs.some((need) => names.includes(need)))
    .map((one) => one.name);
}

async function packagesOf(element: Element): Promise<readonly PackageFacts[]> {
  const { wishes } = await readPackageInstalls([element]);
  const map = (await readPackageMap(element.name, { elements: [element] })) ?? {};
  return wishes.map(({ package: name, phase, kind, arch, notArch, installType, conditions }) => ({
    ...{ package: name, phase, kind, arch, notArch, installType },
    when: conditions.map(({ variable, operator, value }) => `${variable} ${operator} ${value}`),
    names: namesInMap(map, name),
  }));
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
