import { basename, dirname } from 'node:path';
import { joinedLines, type LintFault, type LintFile } from './lint-file.ts';
import { compareBytes } from './run-parts.ts';

/** One check of a file: the line of each fault, counted from 1 and undefined for the file as a whole, and what is wrong. */
interface LintCheck {
  /** By which `# dib-lint: disable=` and tox.ini switch it off. */
  readonly name: string;
  /** Files that it is for: text files of elements beside YAML, Python and documentation; or documentation, programs and the library. */
  readonly covers: 'sources' | 'indents';
  readonly find: (file: LintFile) => readonly FoundFault[];
}

interface FoundFault {
  readonly line?: number;
  readonly message: string;
}

/** Folders of hooks that run on the host, or whose sudo could reach it. */
const HOST_PHASE = /root\.d|extra-data\.d|block-device\.d|finalise\.d|cleanup\.d/;
const NAMES_TREE =
  /dib-lint: safe_sudo|^#|install-packages|TARGET_ROOT|IMAGE_BLOCK_DEVICE|TMP_MOUNT_PATH|TMP_IMAGE_PATH/;
/** Where a command can stand; elsewhere it is a word of a sentence. */
const CALLS_WHICH = /(?:^|[;&|(`!{]\s*|\b(?:if|then|do|else|elif|while|until|exec|sudo)\s+)which\s/;
const ODD_INDENT = /^( {4})* {1,3}[^ ]/;

/** The checks of single files, in the order in which their faults are shown. */
const LINT_CHECKS: readonly LintCheck[] = [
  {
    name: 'executable',
    covers: 'sources',
    find: (file) =>
      faultIf(file.interpreter !== '' && !file.isExecutable, 'names an interpreter and is not executable'),
  },
  {
    name: 'shebang',
    covers: 'sources',
    find: ({ interpreter }) =>
      faultIf(
        /bash/.test(interpreter) && interpreter !== '#!/bin/bash',
        'begins with another line than #!/bin/bash',
        1,
      ),
  },
  ...(['errexit', 'nounset', 'pipefail'] as const).map(optionCheck),
  {
    name: 'dibdebugtrace',
    covers: 'sources',
    find: (file) => faultIf(isBash(file) && !file.text.includes('DIB_DEBUG_TRACE'), 'does not heed DIB_DEBUG_TRACE'),
  },
  {
    name: 'indent',
    covers: 'sources',
    find: (file) => {
      const odd = isScript(file) ? linesWith(file, ODD_INDENT) : [];
      return faultIf(
        odd.length > 0,
        `is not indented by four blanks${odd.length > 1 ? `, in ${odd.length} lines` : ''}`,
        odd[0],
      );
    },
  },
  {
    name: 'envtrace',
    covers: 'sources',
    find: (file) =>
      isEnvironment(file)
        ? linesWith(file, /set -x/).map((line) => ({ line, message: 'switches tracing on for every hook' }))
        : [],
  },
  {
    name: 'envexecutable',
    covers: 'sources',
    find: (file) => faultIf(isEnvironment(file) && file.isExecutable, 'is sourced and must not be executable'),
  },
  {
    name: 'export',
    covers: 'sources',
    find: (file) =>
      linesWith(file, /export .*\$\((?!\()/).map((line) => ({
        line,
        message: 'exports and runs a command in one, which hides its status; assign first',
      })),
  },
  {
    name: 'safe_sudo',
    covers: 'sources',
    find: (file) =>
      !HOST_PHASE.test(dirname(file.path))
        ? []
        : joinedLines(file)
            .filter(({ text }) => text.includes('sudo ') && !NAMES_TREE.test(text))
            .map(({ number, text }) => ({ line: number, message: `may write outside of the tree: ${text}` })),
  },
  {
    name: 'which',
    covers: 'sources',
    find: (file) =>
      joinedLines(file)
        .filter(({ text }) => CALLS_WHICH.test(text) && !/dib-lint: which|^#/.test(text))
        .map(({ number, text }) => ({ line: number, message: `calls which; use "command -v" or type: ${text}` })),
  },
  {
    name: 'sorted',
    covers: 'sources',
    find: (file) => (basename(file.path) === 'element-deps' ? unsorted(file) : []),
  },
  {
    name: 'sourcerepository',
    covers: 'sources',
    find: (file) =>
      faultIf(
        basename(file.path).includes('source-repository-') && !endsWithLineEnd(file),
        'does not end with a line end',
        file.lines.length,
      ),
  },
  {
    name: 'tabindent',
    covers: 'indents',
    find: (file) => {
      const tabbed = linesWith(file, /^ *\t/);
      return faultIf(
        tabbed.length > 0,
        `is indented with tabs${tabbed.length > 1 ? `, in ${tabbed.length} lines` : ''}`,
        tabbed[0],
      );
    },
  },
  {
    name: 'newline',
    covers: 'indents',
    find: (file) => faultIf(!endsWithLineEnd(file), 'does not end with a line end', file.lines.length),
  },
];

/** The faults that the checks of one kind find in a file. */
export function faultsOfFile(
  file: LintFile,
  covers: LintCheck['covers'],
  ignored: ReadonlySet<string>,
): readonly LintFault[] {
  return LINT_CHECKS.filter(
    (check) => check.covers === covers && !file.disabled.has(check.name) && !ignored.has(check.name),
  ).flatMap(({ name, find }) =>
    find(file).map(({ line, message }) => ({ check: name, message, place: { file: file.path, line } })),
  );
}

function optionCheck(option: 'errexit' | 'nounset' | 'pipefail'): LintCheck {
  const letter = { errexit: 'e', nounset: 'u', pipefail: undefined }[option];
  return {
    name: `set${letter ?? option}`,
    covers: 'sources',
    find: (file) => faultIf(isBash(file) && !setOptions(file).has(option), `does not set ${option}`),
  };
}

/** Shell options that lines beginning with `set` switch on, by their long names. */
function setOptions({ lines }: LintFile): ReadonlySet<string> {
  const words = lines.filter((line) => line.startsWith('set -')).flatMap((line) => line.split(/[\s;]+/).slice(1));
  const options = words.flatMap((word, index) => {
    if (!word.startsWith('-')) return [];
    const following = word.includes('o') ? [words[index + 1] ?? ''] : [];
    return [...(word.includes('e') ? ['errexit'] : []), ...(word.includes('u') ? ['nounset'] : []), ...following];
  });
  return new Set(options);
}

function unsorted({ lines }: LintFile): readonly FoundFault[] {
  const names = lines.flatMap((text, index) =>
    text === '' || text.startsWith('#') ? [] : [{ text, line: index + 1 }],
  );
  const late = names.find(({ text }, index) => index > 0 && compareBytes(names[index - 1]?.text ?? '', text) > 0);
  return late === undefined ? [] : [{ line: late.line, message: `"${late.text}" is not in the order of the alphabet` }];
}

function isBash({ interpreter }: LintFile): boolean {
  return interpreter.includes('#!/bin/bash');
}

function isScript({ interpreter }: LintFile): boolean {
  return interpreter !== '' && !interpreter.includes('python');
}

function isEnvironment({ path }: LintFile): boolean {
  return path.includes('environment.d');
}

function endsWithLineEnd({ text }: LintFile): boolean {
  return text === '' || text.endsWith('\n');
}

function linesWith({ lines }: LintFile, pattern: RegExp): readonly number[] {
  return lines.flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function faultIf(isWrong: boolean, message: string, line?: number): readonly FoundFault[] {
  return isWrong ? [{ line, message }] : [];
}
