import { stringify } from 'yaml';
import { quoteForBash } from '../model/bash-word.ts';
import type { Element } from '../model/element.ts';
import type { Environment } from '../model/request.ts';
import { compareBytes } from './run-parts.ts';

/** What bash's `declare -p` prints for these exported variables, in byte order of their names. */
export function declareText(variables: Environment): string {
  return Object.entries(variables)
    .sort(([one], [other]) => compareBytes(one, other))
    .map(([name, value]) => `declare -x ${name}="${value.replace(/[\\"$`]/g, '\\$&')}"`)
    .join('\n');
}

/** The words `[NAME]=PATH` for a bash associative array of elements: `eval declare -A paths=($(get_image_element_array))`. */
export function elementArrayText(elements: readonly Element[]): string {
  return elements.map(({ name, path }) => `[${name}]=${quoteForBash(path)}`).join(' ');
}

/** A YAML map from element to folder, in order of name. */
export function elementYaml(elements: readonly Element[]): string {
  const sorted = [...elements].sort((one, other) => compareBytes(one.name, other.name));
  return stringify(Object.fromEntries(sorted.map(({ name, path }) => [name, path])), { lineWidth: 0 });
}
