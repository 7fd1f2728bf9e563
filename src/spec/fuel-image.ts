import type { Issue } from '../model/error.ts';
import { throwIssues } from './build-request.ts';
import { getopt, type ParsedArguments } from './getopt.ts';

/** Where a request is: in the word itself, on standard input, or in a file. */
export type RequestSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'input' }
  | { readonly kind: 'file'; readonly path: string };

/** What `fuel-image` was called for. */
export type FuelImageCall =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'check'; readonly request: RequestSource }
  /** `run` is what the process of a submitted build is called for. */
  | {
      readonly kind: 'build' | 'submit' | 'run';
      readonly request: RequestSource;
      /** Seconds that the build may take; 0 sets no limit. */
      readonly deadlineSeconds: number;
    }
  | { readonly kind: 'status'; readonly id: string | undefined }
  | { readonly kind: 'wait'; readonly id: string; readonly timeoutSeconds: number | undefined }
  | { readonly kind: 'cancel'; readonly id: string };

/** Seconds that a build may take unless told. Callers of Fuel give up after 3600, and would not notice what goes on then. */
const DEFAULT_DEADLINE_SECONDS = 3540;

/** The text of `fuel-image --help`. */
export const FUEL_IMAGE_HELP = `Usage: fuel-image [--check] [--deadline SECONDS] REQUEST
       fuel-image submit [--deadline SECONDS] REQUEST
       fuel-image status [JOB]
       fuel-image wait [--timeout SECONDS] JOB
       fuel-image cancel JOB

Builds the target images of an environment: one filesystem for each mount point, as a file of its own, and a YAML file that describes
them. A set that is there and whole is left as it is.

REQUEST is a request as JSON, "-" for standard input, or "@FILE".

Commands:
  submit   build in the background and print the name of the job; the same request again finds the same job
  status   print a job, or all jobs, as JSON
  wait     wait for the end of a job and exit with its status
  cancel   end a job and return when it is gone

Options:
  --check               only say whether the request can be understood
  --deadline SECONDS    give up after that time, with status 124; 0 never does [${DEFAULT_DEADLINE_SECONDS}]
  --timeout SECONDS     of wait: how long to wait at most, with status 124 when the job still runs
  --version             show the version
  -h, --help            show this text and exit

Variables:
  DIB_IMAGE_CACHE       folder for what builds keep for each other [~/.cache/image-create]
  FUEL_IMAGE_DEADLINE   as --deadline
  FUEL_IMAGE_JOBS       folder for the state of jobs [~/.local/state/ingot/fuel-image/jobs]
  FUEL_IMAGE_KEYS       folder with keys of repositories, in files that end in .gpg or .asc [/etc/ingot/fuel-image/keys]
  FUEL_IMAGE_LOGS       folder for logs [/var/log for root, else ~/.local/state/ingot/fuel-image/logs]
  INGOT_FETCH_ATTEMPTS  how often a file is asked for [5]
  INGOT_FETCH_TIMEOUT   seconds without a byte after which an attempt has failed [30]
  TMPDIR                folder for temporary files [/tmp]
  http_proxy, https_proxy, no_proxy
                        proxies where the request has none
`;

const COMMANDS = ['submit', 'run-job', 'status', 'wait', 'cancel'] as const;
type Command = (typeof COMMANDS)[number] | 'build';

/** Options that take seconds, with the commands that have them. */
const SECONDS: Readonly<Record<'deadline' | 'timeout', readonly Command[]>> = {
  deadline: ['build', 'submit', 'run-job'],
  timeout: ['wait'],
};

/**
 * Understands a command line of `fuel-image`. Words after the request are passed over, as its callers are used to.
 * @param environment of the caller, for `FUEL_IMAGE_DEADLINE`
 * @throws IngotError `USAGE` with every fault
 */
export function parseFuelImage(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): FuelImageCall {
  const command = COMMANDS.find((name) => name === words[0]) ?? 'build';
  const parsed = getopt(command === 'build' ? words : words.slice(1), {
    short: new Map([['h', false]]),
    long: new Map([
      ['check', false],
      ['deadline', true],
      ['help', false],
      ['timeout', true],
      ['version', false],
    ]),
  });
  const names = parsed.options.map(({ name }) => name);
  if (names.includes('h') || names.includes('help')) return { kind: 'help' };
  if (names.includes('version')) return { kind: 'version' };
  throwIssues('fuel-image', faultsOf(command, parsed, environment));
  return callOf(command, parsed, environment);
}

function callOf(
  command: Command,
  { options, operands: [word = ''] }: ParsedArguments,
  environment: Readonly<Record<string, string | undefined>>,
): FuelImageCall {
  const seconds = (name: string): string | undefined => options.findLast((option) => option.name === name)?.value;
  const deadlineSeconds = Number(
    seconds('deadline') ?? (environment['FUEL_IMAGE_DEADLINE'] || DEFAULT_DEADLINE_SECONDS),
  );
  switch (command) {
    case 'build':
      if (options.some(({ name }) => name === 'check')) return { kind: 'check', request: sourceOf(word) };
      return { kind: 'build', request: sourceOf(word), deadlineSeconds };
    case 'submit':
      return { kind: 'submit', request: sourceOf(word), deadlineSeconds };
    case 'run-job':
      return { kind: 'run', request: sourceOf(word), deadlineSeconds };
    case 'status':
      return { kind: 'status', id: word === '' ? undefined : word };
    case 'wait': {
      const timeout = seconds('timeout');
      return { kind: 'wait', id: word, timeoutSeconds: timeout === undefined ? undefined : Number(timeout) };
    }
    case 'cancel':
      return { kind: 'cancel', id: word };
    default:
      return command satisfies never;
  }
}

function faultsOf(
  command: Command,
  { options, operands, errors }: ParsedArguments,
  { FUEL_IMAGE_DEADLINE: deadline = '' }: Readonly<Record<string, string | undefined>>,
): readonly Issue[] {
  const issues: Issue[] = errors.map((message) => ({ message }));
  for (const { name, value = '' } of options) {
    if (name !== 'deadline' && name !== 'timeout') continue;
    if (!SECONDS[name].includes(command)) issues.push({ message: `--${name} is no option of ${command}` });
    if (!isSeconds(value)) issues.push({ message: `--${name} has to be a whole number of seconds, not "${value}"` });
  }
  if (deadline !== '' && !isSeconds(deadline))
    issues.push({ message: `FUEL_IMAGE_DEADLINE has to be a whole number of seconds, not "${deadline}"` });
  if (operands.length === 0 && command !== 'status') {
    const what = command === 'wait' || command === 'cancel' ? 'name of the job' : 'request';
    issues.push({ message: `The ${what} is missing`, hint: 'See: fuel-image --help' });
  }
  return issues;
}

/** Timers of Node count no further than 2^31 ms. */
function isSeconds(text: string): boolean {
  return /^\d{1,7}$/.test(text) && Number(text) <= 2_000_000;
}

function sourceOf(word: string): RequestSource {
  if (word === '-') return { kind: 'input' };
  return word.startsWith('@') ? { kind: 'file', path: word.slice(1) } : { kind: 'text', text: word };
}
