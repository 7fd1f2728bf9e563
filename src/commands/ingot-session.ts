import { type Command, Option } from 'commander';
import type { BuildRequest } from '../model/request.ts';
import { toBuildRequest } from '../spec/build-request.ts';
import { INGOT_BUILD_OPTION_LIST, readIngotBuildValues } from '../spec/ingot-build-options.ts';
import type { Caller } from './caller.ts';
import { readHostFacts } from './host-facts.ts';

/** What the subcommands of one call of `ingot` share. */
export interface IngotSession {
  readonly caller: Caller;
  /** Says how the process ends; 0 unless told. */
  readonly setStatus: (status: number) => void;
}

/** Adds the options that say what to build to a subcommand. */
export function addBuildOptions(command: Command): Command {
  for (const [, entry] of INGOT_BUILD_OPTION_LIST) {
    const text = entry.fallback === undefined ? entry.help : `${entry.help} (default: ${entry.fallback})`;
    const option = new Option(entry.flags, text);
    if (entry.repeats === true) option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
    command.addOption(option);
  }
  return command;
}

/** The request that elements and options of a subcommand stand for; warnings are printed. */
export async function requestOf(
  { caller }: IngotSession,
  elements: readonly string[],
  values: Readonly<Record<string, unknown>>,
): Promise<BuildRequest> {
  const { request, warnings } = toBuildRequest({
    command: 'ingot build',
    words: caller.words.slice(1),
    purpose: 'disk',
    operands: elements,
    environment: caller.environment,
    facts: await readHostFacts(caller),
    compressionFallback: 'zstd',
    ...readIngotBuildValues(values),
  });
  for (const warning of warnings) caller.stderr.write(`ingot: warning: ${warning}\n`);
  return request;
}
