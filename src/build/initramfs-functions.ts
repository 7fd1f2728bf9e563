import { createHash } from 'node:crypto';

/** A shell function that mkinitramfs and its hooks call in the place of a slower one. */
export interface QuickFunction {
  readonly name: string;
  /**
   * SHA-256 of the texts of initramfs-tools, from name to closing brace, that it does the work of; undefined for one that stands before a
   * program.
   */
  readonly originals?: readonly string[];
  /** Shell text. What it leaves to the original it calls as `tree_NAME`. */
  readonly text: string;
}

/**
 * The functions of initramfs-tools with quicker ones in their place. Functions of a version that is not known stay: the quicker ones might make
 * another initramfs.
 * @param text of the tree's `hook-functions`, which mkinitramfs and its hooks source
 */
export function withQuickFunctions(text: string, functions: readonly QuickFunction[]): string {
  const known = functions.filter(({ name, originals }) => originals?.includes(digestOfFunction(name, text)) ?? true);
  const replaced = known.filter(({ originals }) => originals !== undefined);
  const renamed = replaced.reduce((all, { name }) => all.replace(functionText(name), 'tree_$&'), text);
  return [renamed, ...known.map((quick) => quick.text)].join('\n');
}

function digestOfFunction(name: string, text: string): string {
  const [original = ''] = functionText(name).exec(text) ?? [];
  return createHash('sha256').update(original).digest('hex');
}

function functionText(name: string): RegExp {
  return new RegExp(`^${name}\\(\\)\\s*\\{\\n[^]*?^\\}\\n`, 'm');
}
