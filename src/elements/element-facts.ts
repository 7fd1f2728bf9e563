import type { Element, Hook } from '../model/element.ts';
import { describeElement, type ElementDescription } from './describe-element.ts';
import type { ElementLibrary } from './element-library.ts';
import { findTests } from './element-tests.ts';
import { collectHookTree } from './hook-tree.ts';
import { type PackageWish, readPackageInstalls } from './package-installs-file.ts';
import { readPackageMap } from './package-maps.ts';
import { planHooks } from './phase-hooks.ts';
import { namesInMap } from './pkg-map.ts';

/** Everything that the files of an element tell about it. */
export interface ElementFacts extends ElementDescription {
  /** Elements of the search path that need this one or a name that it provides, in order of name. */
  readonly neededBy: readonly string[];
  /** In running order. */
  readonly hooks: readonly Hook[];
  readonly packages: readonly PackageFacts[];
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
  const hooks = planHooks(await collectHookTree([element]));
  return {
    ...(await describeElement(element)),
    neededBy: neededBy(element, library),
    hooks: [...hooks.values()].flat(),
    packages: await packagesOf(element),
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
