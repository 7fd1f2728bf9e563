import { readFile } from 'node:fs/promises';
import type { Element } from '../model/element.ts';
import type { Issue } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { throwIssues } from './definition-issues.ts';
import type { HookTreeNode } from './hook-tree.ts';
import { unsetVariableIssues } from './package-installs.ts';
import { readPackageInstalls } from './package-installs-file.ts';
import { readPackageMaps } from './pkg-map.ts';
import { sourceRepositoryIssues } from './source-repository-file.ts';
import { readServiceMaps } from './svc-map.ts';

/** The elements of a build, as far as their definition files are concerned. */
export interface DefinitionContext {
  /** Chosen elements in order. */
  readonly elements: readonly Element[];
  /** The merged hook tree. */
  readonly nodes: readonly HookTreeNode[];
  /** Environment of the build as far as it is known. */
  readonly env: Environment;
}

/** A kind of file and the element whose hooks read it. */
interface DefinitionKind {
  readonly name: string;
  readonly reader: string;
  readonly read: (context: DefinitionContext) => Promise<Findings>;
}

interface Findings {
  readonly issues: readonly Issue[];
  readonly warnings?: readonly Issue[];
}

const KINDS: readonly DefinitionKind[] = [
  { name: 'package-installs', reader: 'package-installs', read: readWishes },
  { name: 'pkg-map', reader: 'pkg-map', read: async (it) => await readPackageMaps(it.elements) },
  { name: 'svc-map', reader: 'svc-map', read: async (it) => await readServiceMaps(it.elements) },
  { name: 'source-repository', reader: 'source-repositories', read: readSourceRepositories },
];

/**
 * Checks the files of elements that hooks read later: package-installs, pkg-map, svc-map and source-repository files, each kind where the
 * element that reads it is among the chosen ones.
 * @returns warnings of what has no effect, or will fail unless a hook prevents it
 * @throws IngotError `DEFINITION_INVALID` with every fault in every file
 */
export async function checkDefinitions(context: DefinitionContext): Promise<readonly Issue[]> {
  const chosen = new Set(context.elements.map(({ name }) => name));
  const kinds = KINDS.filter(({ reader }) => chosen.has(reader));
  const checked = await Promise.all(kinds.map(async ({ name, read }) => ({ name, ...(await read(context)) })));
  const faulty = checked.filter(({ issues }) => issues.length > 0);
  const [only, ...others] = faulty;
  if (only !== undefined && others.length === 0) throwIssues(only.name, only.issues);
  throwIssues(
    'files of elements',
    faulty.flatMap(({ name, issues }) => issues.map((issue) => ({ ...issue, message: `${name}: ${issue.message}` }))),
  );
  return checked.flatMap(({ warnings = [] }) => warnings);
}

/** A variable that is not set yet is a warning alone: a hook may still write a file of environment.d that sets it. */
async function readWishes({ elements, env }: DefinitionContext): Promise<Findings> {
  const { wishes, issues, warnings } = await readPackageInstalls(elements);
  return { issues, warnings: [...warnings, ...unsetVariableIssues(wishes, env)] };
}

async function readSourceRepositories({ nodes, env }: DefinitionContext): Promise<Findings> {
  if (env.NO_SOURCE_REPOSITORIES) return { issues: [] };
  const isRead = ({ kind, target }: HookTreeNode) => kind !== 'folder' && /^source-repository-[^/]*[^/~]$/.test(target);
  const issues = nodes
    .filter(isRead)
    .map(async ({ source }) => sourceRepositoryIssues(source, await readFile(source, 'utf8'), env));
  return { issues: (await Promise.all(issues)).flat() };
}
