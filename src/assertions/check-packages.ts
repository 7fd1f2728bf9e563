import { isThere } from '../host/is-there.ts';
import { resolveInTree } from '../host/tree-path.ts';
import type { Issue } from '../model/error.ts';
import { type Assertion, difference } from './assertion.ts';
import type { TreeView } from './tree-view.ts';

type PackageAssertion = Extract<Assertion, { readonly kind: 'package' }>;

/** Programs that know which packages a tree has, and how they are asked: each installed one gives a line `installed NAME`. */
const PACKAGE_MANAGERS = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg's
  { program: '/usr/bin/dpkg-query', words: ['--show', '--showformat', '${db:Status-Status} ${Package}\\n'] },
  { program: '/usr/bin/rpm', words: ['--query', '--queryformat', 'installed %{NAME}\\n'] },
] as const;

/** Asks the package manager of the tree, once for all packages. */
export async function checkPackages(
  assertions: readonly PackageAssertion[],
  { tree, runInside }: TreeView,
): Promise<readonly Issue[]> {
  if (assertions.length === 0) return [];
  const manager = await findManager(tree);
  if (manager === undefined)
    return assertions.map(({ name, place }) => ({
      message: `Package ${name}: the image has neither dpkg nor rpm, so that nobody can say`,
      place,
    }));
  const names = [...new Set(assertions.map(({ name }) => name))];
  const { stdout } = await runInside([manager.program, ...manager.words, ...names]);
  const installed = new Set(stdout.split('\n'));
  return assertions.flatMap(({ name, state, place }) => {
    const found = installed.has(`installed ${name}`) ? 'installed' : 'absent';
    return found === state ? [] : { message: difference(`Package ${name}`, state, found), place };
  });
}

async function findManager(tree: string): Promise<(typeof PACKAGE_MANAGERS)[number] | undefined> {
  for (const manager of PACKAGE_MANAGERS) {
    if (isThere(await resolveInTree(tree, manager.program))) return manager;
  }
  return undefined;
}
