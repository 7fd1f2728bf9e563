import { quoteForBash } from '../model/bash-word.ts';
import type { Element } from '../model/element.ts';
import { elementArrayText, elementYaml } from './bash-text.ts';

/** What `element-info` prints: the names of the elements in order, on one line. */
export function elementNamesText(elements: readonly Element[]): string {
  return `${elements.map(({ name }) => name).join(' ')}\n`;
}

/**
 * What `element-info --env` prints: bash text to evaluate, which exports `IMAGE_ELEMENT`, `IMAGE_ELEMENT_YAML` and the function
 * `get_image_element_array`.
 */
export function elementEnvironmentText(elements: readonly Element[]): string {
  const names = elements.map(({ name }) => name).join(' ');
  return [
    `export IMAGE_ELEMENT='${names}'`,
    `export IMAGE_ELEMENT_YAML='${elementYaml(elements).replaceAll("'", "'\\''")}'`,
    'function get_image_element_array {',
    `  echo ${quoteForBash(`${elementArrayText(elements)} `)}`,
    '};',
    'export -f get_image_element_array;',
    '',
  ].join('\n');
}
