import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import type { Hook } from '../model/element.ts';
import { isErrno } from '../model/errno.ts';
import type { Issue } from '../model/error.ts';
import { PHASE_NAMES, type Phase } from '../model/phase.ts';
import type { HookTreeNode } from './hook-tree.ts';
import { DEFAULT_NAME_PATTERN, selectHookNames } from './run-parts.ts';

const EXECUTABLE_BITS = 0o111;

/** Stands for the element of a hook that no element has as a file: another hook made it during the build. */
export const MADE_DURING_BUILD = 'made during the build';

/**
 * The hooks of every phase in running order, as far as the elements' files tell. Hooks of `extra-data.d` may add some.
 * @param pattern value of `RUN_PARTS_REGEX`
 */
export function planHooks(nodes: readonly HookTreeNode[], pattern?: string): ReadonlyMap<Phase, readonly Hook[]> {
  const byTarget = new Map(nodes.map((node) => [node.target, node]));
  return new Map(PHASE_NAMES.map((phase) => [phase, planPhase(phase, byTarget, pattern)]));
}

function planPhase(phase: Phase, byTarget: ReadonlyMap<string, HookTreeNode>, pattern?: string): readonly Hook[] {
  const names = filesOfPhase(phase, byTarget).filter((name) => isExecutable(`${phase}/${name}`, byTarget));
  return selectHookNames(names, pattern).flatMap((name) => {
    const node = byTarget.get(`${phase}/${name}`);
    return node === undefined ? [] : { element: node.element, phase, name, source: node.source };
  });
}

function filesOfPhase(phase: string, byTarget: ReadonlyMap<string, HookTreeNode>): readonly string[] {
  return [...byTarget.keys()]
    .filter((target) => target.startsWith(`${phase}/`) && target.split('/').length === 2)
    .filter((target) => followLink(target, byTarget)?.kind !== 'folder')
    .map((target) => target.slice(phase.length + 1));
}

/** What a path of the hook tree leads to; undefined for a link that leaves the tree. */
function followLink(target: string, byTarget: ReadonlyMap<string, HookTreeNode>): HookTreeNode | undefined {
  const seen = new Set<string>();
  let node = byTarget.get(target);
  while (node?.kind === 'link' && !seen.has(node.target)) {
    seen.add(node.target);
    node = byTarget.get(normalize(join(dirname(node.target), node.linkText ?? '')));
  }
  return node;
}

/** A link that leaves the tree is given the benefit of the doubt: only the build can know. */
function isExecutable(target: string, byTarget: ReadonlyMap<string, HookTreeNode>): boolean {
  const node = followLink(target, byTarget);
  return node === undefined || (node.mode & EXECUTABLE_BITS) !== 0;
}

/**
 * The hooks of one phase in running order, read from the written hook tree, which earlier hooks may have changed.
 * @param hooksFolder absolute path of the written tree
 * @param nodes what the elements put into it, to tell whose a hook is
 * @param pattern value of `RUN_PARTS_REGEX`
 */
export function readPhaseHooks(
  hooksFolder: string,
  phase: Phase,
  nodes: readonly HookTreeNode[],
  pattern?: string,
): readonly Hook[] {
  const names = executablesOf(join(hooksFolder, phase));
  const byTarget = new Map(nodes.map((node) => [node.target, node]));
  const root = realpathSync.native(hooksFolder);
  return selectHookNames(names, pattern).map((name) => {
    const path = join(hooksFolder, phase, name);
    const resolved = relative(root, realpathSync.native(path));
    const node = byTarget.get(`${phase}/${name}`) ?? byTarget.get(resolved);
    return { element: node?.element ?? MADE_DURING_BUILD, phase, name, source: node?.source ?? path };
  });
}

function executablesOf(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  return names.filter((name) => isRunnable(join(folder, name)));
}

function isRunnable(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'EACCES') || isErrno(error, 'ELOOP')) return false;
    throw error;
  }
}

/**
 * Files in phase folders that look like hooks and will never run, each with its remedy: a name that run-parts does not take, or no
 * executable bit. Lists `package-installs-ELEMENT` are data and left out, and so are files with a dot that cannot be executed.
 */
export function idleHookWarnings(nodes: readonly HookTreeNode[], pattern = DEFAULT_NAME_PATTERN): readonly Issue[] {
  const byTarget = new Map(nodes.map((node) => [node.target, node]));
  return PHASE_NAMES.flatMap((phase) =>
    filesOfPhase(phase, byTarget).flatMap((name) => {
      const node = byTarget.get(`${phase}/${name}`);
      if (node === undefined || name.startsWith('package-installs-')) return [];
      const hasGoodName = selectHookNames([name], pattern).length > 0;
      const canExecute = isExecutable(node.target, byTarget);
      if (hasGoodName === canExecute && (hasGoodName || !name.endsWith('.sh'))) return [];
      return idleHookWarning(node, name, hasGoodName);
    }),
  );
}

function idleHookWarning(node: HookTreeNode, name: string, hasGoodName: boolean): Issue {
  const head = `${node.target} of element ${node.element} will never run:`;
  const place = { file: node.source };
  if (hasGoodName) return { message: `${head} it is not executable`, hint: `Run: chmod +x ${node.source}`, place };
  const better = name.replace(/\.[^.]*$/, '').replace(/[^0-9A-Za-z_-]/g, '-');
  return {
    message: `${head} its name has a character other than letters, digits, "_" and "-"`,
    hint: `Rename it to ${better}, or move it out of ${node.target.split('/')[0]} if it is not a hook.`,
    place,
  };
}
