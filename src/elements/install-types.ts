import type { Environment } from '../model/request.ts';
import type { HookTreeNode } from './hook-tree.ts';
import { compareBytes } from './run-parts.ts';

const VARIABLE_PREFIX = 'DIB_INSTALLTYPE_';

/** The install type that counts for an element: its own variable, then the default for all, then `source`. */
export function installTypeOf(element: string, env: Environment): string {
  return env[`${VARIABLE_PREFIX}${element.replaceAll('-', '_')}`] ?? env.DIB_DEFAULT_INSTALLTYPE ?? 'source';
}

/**
 * Which folders `PREFIX-TYPE-install` of `install.d` take part: those that a variable `DIB_INSTALLTYPE_PREFIX` names, and those of the
 * default type whose prefix no variable names.
 * @param folderNames names of the folders inside `install.d`
 */
export function selectInstallFolders(folderNames: readonly string[], env: Environment): readonly string[] {
  const chosenTypes = new Map(
    Object.entries(env)
      .filter(([name]) => name.startsWith(VARIABLE_PREFIX))
      .map(([name, type]) => [name.slice(VARIABLE_PREFIX.length).replaceAll('_', '-'), type]),
  );
  const defaultSuffix = `-${env.DIB_DEFAULT_INSTALLTYPE ?? 'source'}-install`;
  const isSelected = (name: string): boolean => {
    const isNamed = [...chosenTypes].some(([prefix, type]) => name === `${prefix}-${type}-install`);
    return isNamed || (name.endsWith(defaultSuffix) && !chosenTypes.has(name.slice(0, -defaultSuffix.length)));
  };
  return folderNames.filter(isSelected).sort(compareBytes);
}

/** The links into `install.d` that the element install-types will make, so that a plan can show the hooks behind them. */
export function linkInstallFolders(nodes: readonly HookTreeNode[], env: Environment): readonly HookTreeNode[] {
  const folders = nodes.filter(({ kind, target }) => kind === 'folder' && /^install\.d\/[^/]+$/.test(target));
  const names = folders.map(({ target }) => target.slice('install.d/'.length));
  return selectInstallFolders(names, env).flatMap((folder) =>
    nodes
      .filter(({ target }) => target.startsWith(`install.d/${folder}/`) && target.split('/').length === 3)
      .map((node) => linkTo(node, folder)),
  );
}

function linkTo(node: HookTreeNode, folder: string): HookTreeNode {
  const name = node.target.slice(node.target.lastIndexOf('/') + 1);
  return { ...node, kind: 'link', mode: 0, target: `install.d/${name}`, linkText: `${folder}/${name}` };
}
