import {
  COMMAND_VARIABLES,
  type CommandOption,
  optionOf,
  SETTING_NAMES,
  type SettingName,
} from './disk-image-create-options.ts';

/** Columns of a help text. */
const WIDTH = 100;
const OPTION_INDENT = 2;
const TEXT_COLUMN = 38;

/**
 * The text of `--help`.
 * @param command name as called; the ramdisk command's text leaves out what concerns disks alone
 */
export function helpText(command: string, purpose: 'disk' | 'ramdisk'): string {
  const examples =
    purpose === 'disk'
      ? [
          `${command} -o debian.qcow2 debian-minimal vm`,
          `ELEMENTS_PATH=~/elements ${command} -t raw,tgz -o web debian vm web`,
        ]
      : [`${command} -o deploy debian-minimal`];
  return [
    `Usage: ${command} [OPTION]... ELEMENT...`,
    '',
    purpose === 'disk' ? 'Casts elements into a disk image.' : 'Casts elements into a kernel and a ramdisk.',
    'One of the elements has to provide an operating system. Long options may be shortened.',
    '',
    'Options:',
    ...SETTING_NAMES.filter((name) => purpose === 'ramdisk' || name !== 'ramdiskElement').flatMap(optionLines),
    '',
    'Variables:',
    ...Object.entries(COMMAND_VARIABLES).flatMap(([name, { help, ...rest }]) =>
      hang(name, withFallback(help, 'fallback' in rest ? rest.fallback : undefined)),
    ),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

/** `-o NAME`, `--image-size GIB`, `-h, --help`. */
export function optionHeading(option: CommandOption): string {
  const names = [
    option.letter === undefined ? [] : `-${option.letter}`,
    option.long === undefined ? [] : `--${option.long}`,
  ];
  return `${names.flat().join(', ')}${option.argument === undefined ? '' : ` ${option.argument}`}`;
}

function optionLines(name: SettingName): readonly string[] {
  const option = optionOf(name);
  return hang(optionHeading(option), withFallback(option.help, option.fallback));
}

function withFallback(help: string, fallback: string | undefined): string {
  return fallback === undefined ? help : `${help} [${fallback}]`;
}

/**
 * A heading at the left and its text, wrapped, in a column beside it.
 * @param column where the text begins, counted from 0
 */
export function hang(heading: string, text: string, column = TEXT_COLUMN): readonly string[] {
  const lines = wrap(text, WIDTH - column);
  const left = `${' '.repeat(OPTION_INDENT)}${heading}`;
  const fits = left.length + 2 <= column;
  const rest = (fits ? lines.slice(1) : lines).map((line) => `${' '.repeat(column)}${line}`);
  return [fits ? `${left.padEnd(column)}${lines[0] ?? ''}` : left, ...rest];
}

/** A text of the option table as a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
