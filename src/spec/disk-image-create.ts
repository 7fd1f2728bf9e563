import path from 'node:path';
import type { Issue } from '../model/error.ts';
import type { BuildRequest, Environment } from '../model/request.ts';
import { type HostFacts, throwIssues, toBuildRequest } from './build-request.ts';
import { optionOf, SETTING_NAMES, type SettingName } from './disk-image-create-options.ts';
import { getopt, type OptionGrammar, type ParsedOption } from './getopt.ts';
import type { WrittenValue } from './setting-reader.ts';
import { suggest } from './suggest.ts';

/** How a build is shown. */
export interface Presentation {
  /** Nothing goes to standard output. */
  readonly isQuiet: boolean;
  /** Lines begin with the time. */
  readonly hasTimestamps: boolean;
  /** File to append the log to. */
  readonly logfile?: string;
  /** True prints the events as lines of JSON, and nothing else. */
  readonly printsEvents?: boolean;
}

/** What a DIB command was called for. */
export type DiskImageCreateCall =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'build';
      readonly request: BuildRequest;
      readonly presentation: Presentation;
      readonly warnings: readonly string[];
    };

export interface DiskImageCreateWords {
  /** Name as called: `ramdisk-image-create` makes ramdisks. */
  readonly command: string;
  /** Words after the name. */
  readonly words: readonly string[];
  readonly environment: Environment;
  readonly facts: HostFacts;
  /** Names of variables that `-c` leaves. */
  readonly ownVariables?: readonly string[];
}

/**
 * Understands a command line of `disk-image-create` or `ramdisk-image-create`.
 * @throws IngotError `USAGE` with every fault, worded as getopt(1) does where it is one of form; `FORMAT_UNKNOWN`
 */
export function parseDiskImageCreate(call: DiskImageCreateWords): DiskImageCreateCall {
  const parsed = getopt(call.words, grammar(), call.environment.POSIXLY_CORRECT !== undefined);
  throwIssues(call.command, parsed.errors.map(toIssue));
  const given = new Map<SettingName, WrittenValue[]>();
  for (const option of parsed.options) {
    const setting = settingOf(option);
    if (setting === 'help' || setting === 'version') return { kind: setting };
    const from = `${option.isLong ? '--' : '-'}${option.name}`;
    const text = option.value ?? optionOf(setting).switchValue ?? '1';
    given.set(setting, [...(given.get(setting) ?? []), { text, from }]);
  }
  const { request, warnings } = toBuildRequest({
    ...call,
    purpose: call.command === 'ramdisk-image-create' ? 'ramdisk' : 'disk',
    given,
    operands: parsed.operands,
    compressionFallback: 'zlib',
  });
  return {
    kind: 'build',
    request,
    presentation: presentationOf(request, given.get('logfile')?.at(-1)?.text ?? ''),
    warnings,
  };
}

/** A log file means that the terminal stays silent, unless `DIB_QUIET` says otherwise. */
function presentationOf(request: BuildRequest, logfile: string): Presentation {
  const { DIB_QUIET: quiet = '', DIB_NO_TIMESTAMP: hidesTime = '0' } = request.environment;
  return {
    isQuiet: quiet === '' ? logfile !== '' : quiet === '1',
    hasTimestamps: hidesTime !== '1',
    ...(logfile === '' ? {} : { logfile: path.resolve(request.workingFolder, logfile) }),
  };
}

function grammar(): OptionGrammar {
  const short = new Map<string, boolean>();
  const long = new Map<string, boolean>();
  for (const setting of SETTING_NAMES) {
    const option = optionOf(setting);
    if (option.letter !== undefined) short.set(option.letter, option.argument !== undefined);
    if (option.long !== undefined) long.set(option.long, option.argument !== undefined);
  }
  return { short, long };
}

function settingOf(option: ParsedOption): SettingName {
  const found = SETTING_NAMES.find((name) => {
    const entry = optionOf(name);
    return option.isLong ? entry.long === option.name : entry.letter === option.name;
  });
  if (found === undefined) throw new RangeError(`${option.name} is not in the table of options`);
  return found;
}

function toIssue(message: string): Issue {
  const written = /^unrecognized option '--([^=']*)/.exec(message)?.[1];
  const names = SETTING_NAMES.flatMap((name) => optionOf(name).long ?? []);
  const suggestion = written === undefined ? undefined : suggest(written, names);
  return { message, hint: suggestion === undefined ? undefined : `Did you mean --${suggestion}?` };
}
