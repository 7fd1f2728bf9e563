import { throwIssues } from './build-request.ts';
import { getopt, type OptionGrammar } from './getopt.ts';
import { hang } from './help-text.ts';
import { expectedValue, IMAGE_KEY_NAMES, imageKeyHelp } from './image-file-keys.ts';

/** What `diskimage-builder` was called for. */
export type DiskimageBuilderCall =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'build';
      /** Files as named, at least one. */
      readonly files: readonly string[];
      /** True shows the commands and builds nothing. */
      readonly isDryRun: boolean;
      readonly stopsOnFailure: boolean;
    };

const GRAMMAR: OptionGrammar = {
  short: new Map([['h', false]]),
  long: new Map([
    ['dry-run', false],
    ['stop-on-failure', false],
    ['help', false],
  ]),
};

/** The text of `diskimage-builder --help`. */
export const DISKIMAGE_BUILDER_HELP = `Usage: diskimage-builder [OPTION]... FILE...

Builds the images that YAML files describe. A file is a list; each item describes one image, and items of one name are one image.

Options:
  --dry-run             show the commands and build nothing
  --stop-on-failure     build no further image after one that failed
  -h, --help            show this text and exit

Keys of an image:
${IMAGE_KEY_NAMES.flatMap((key) => hang(key, `${imageKeyHelp(key)} (${expectedValue(key)})`, 24)).join('\n')}
`;

/**
 * Understands a command line of `diskimage-builder`.
 * @throws IngotError `USAGE` with every fault
 */
export function parseDiskimageBuilder(words: readonly string[]): DiskimageBuilderCall {
  const { options, operands: files, errors } = getopt(words, GRAMMAR);
  throwIssues(
    'diskimage-builder',
    errors.map((message) => ({ message })),
  );
  const names = options.map(({ name }) => name);
  if (names.includes('help') || names.includes('h')) return { kind: 'help' };
  if (files.length === 0) {
    const hint = 'Name YAML files, such as: diskimage-builder images.yaml';
    throwIssues('diskimage-builder', [{ message: 'No file is named', hint }]);
  }
  const isDryRun = names.includes('dry-run');
  return { kind: 'build', files, isDryRun, stopsOnFailure: names.includes('stop-on-failure') };
}
