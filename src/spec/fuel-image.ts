import { getopt } from './getopt.ts';
import { throwIssues } from './build-request.ts';

/** What `fuel-image` was called for. */
export type FuelImageCall =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'build' | 'check';
      /** Where the request is: in the word itself, on standard input, or in a file. */
      readonly request:
        | { readonly kind: 'text'; readonly text: string }
        | { readonly kind: 'input' }
        | { readonly kind: 'file'; readonly path: string };
    };

/** The text of `fuel-image --help`. */
export const FUEL_IMAGE_HELP = `Usage: fuel-image [--check] REQUEST

Builds the target images of an environment: one filesystem for each mount point, as a file of its own, and a YAML file that describes
them. A set that is there and whole is left as it is.

REQUEST is a request as JSON, "-" for standard input, or "@FILE".

Options:
  --check      only say whether the request can be understood
  --version    show the version
  -h, --help   show this text and exit

Variables:
  DIB_IMAGE_CACHE    folder for what builds keep for each other [~/.cache/image-create]
  FUEL_IMAGE_KEYS    folder with keys of repositories, in files that end in .gpg or .asc [/etc/ingot/fuel-image/keys]
  TMPDIR             folder for temporary files [/tmp]
`;

/**
 * Understands a command line of `fuel-image`. Words after the request are passed over, as its callers are used to.
 * @throws IngotError `USAGE` with every fault
 */
export function parseFuelImage(words: readonly string[]): FuelImageCall {
  const { options, operands, errors } = getopt(words, {
    short: new Map([['h', false]]),
    long: new Map([
      ['check', false],
      ['help', false],
      ['version', false],
    ]),
  });
  throwIssues(
    'fuel-image',
    errors.map((message) => ({ message })),
  );
  const names = options.map(({ name }) => name);
  if (names.includes('h') || names.includes('help')) return { kind: 'help' };
  if (names.includes('version')) return { kind: 'version' };
  const [word] = operands;
  if (word === undefined)
    throwIssues('fuel-image', [{ message: 'The request is missing', hint: 'See: fuel-image --help' }]);
  return { kind: names.includes('check') ? 'check' : 'build', request: sourceOf(word ?? '') };
}

function sourceOf(word: string): Extract<FuelImageCall, { readonly kind: 'build' | 'check' }>['request'] {
  if (word === '-') return { kind: 'input' };
  return word.startsWith('@') ? { kind: 'file', path: word.slice(1) } : { kind: 'text', text: word };
}
