import { throwIssues } from './build-request.ts';
import { getopt, type OptionGrammar } from './getopt.ts';

/** What `element-info` was called for. */
export type ElementInfoCall =
  | { readonly kind: 'help' }
  /** `environment` prints bash text to evaluate, `names` the names alone. */
  | { readonly kind: 'names' | 'environment'; readonly elements: readonly string[] };

/** `-d` asks for what happens anyway; older scripts give it. */
const GRAMMAR: OptionGrammar = {
  short: new Map([
    ['e', false],
    ['d', false],
    ['h', false],
  ]),
  long: new Map([
    ['env', false],
    ['expand-dependencies', false],
    ['help', false],
  ]),
};

/** The text of `element-info --help`. */
export const ELEMENT_INFO_HELP = `Usage: element-info [OPTION]... ELEMENT...

Prints the elements that the named ones need, and themselves, on one line. Folders of ELEMENTS_PATH come before the bundled elements.

Options:
  -e, --env                   print bash text to evaluate, which exports IMAGE_ELEMENT, IMAGE_ELEMENT_YAML
                              and the function get_image_element_array
  -d, --expand-dependencies   the same as without it
  -h, --help                  show this text and exit
`;

/**
 * Understands a command line of `element-info`.
 * @throws IngotError `USAGE` with every fault
 */
export function parseElementInfo(words: readonly string[]): ElementInfoCall {
  const { options, operands, errors } = getopt(words, GRAMMAR);
  throwIssues(
    'element-info',
    errors.map((message) => ({ message })),
  );
  const has = (letter: string, name: string): boolean =>
    options.some((option) => option.name === (option.isLong ? name : letter));
  if (has('h', 'help')) return { kind: 'help' };
  const elements = operands.flatMap((operand) => operand.split(/\s+/)).filter((name) => name !== '');
  if (elements.length === 0) {
    throwIssues('element-info', [
      { message: 'No element is named', hint: 'Name elements, such as: element-info debian vm' },
    ]);
  }
  return { kind: has('e', 'env') ? 'environment' : 'names', elements };
}
