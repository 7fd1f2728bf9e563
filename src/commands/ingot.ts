import { Command, CommanderError } from 'commander';
import { toErrorReport } from '../model/error.ts';
import { registerBoot } from './boot.ts';
import { registerBuild } from './build.ts';
import type { Caller } from './caller.ts';
import { registerDoctor } from './doctor.ts';
import { registerElement } from './element.ts';
import { main as elementInfo } from './element-info.ts';
import { complain, ingotExitStatusOf } from './error-text.ts';
import type { IngotSession } from './ingot-session.ts';
import { registerPlan } from './plan.ts';
import { registerTest } from './test.ts';
import { VERSION } from './version.ts';

/** Exit status for a command line that cannot be understood. */
const USAGE_STATUS = 2;

/** Width of a help text that goes to no terminal. */
const HELP_COLUMNS = 100;

/**
 * The command `ingot`.
 * @returns the exit status: 0, 2 for a command line that cannot be understood, a hook's own, 130 or 143 for a signal, else 1
 */
export async function main(caller: Caller): Promise<number> {
  let status = 0;
  const session: IngotSession = {
    caller,
    setStatus: (value) => {
      status = value;
    },
  };
  try {
    await programOf(session).parseAsync([...caller.words], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_STATUS;
    const report = toErrorReport(error);
    complain(caller, 'ingot', report);
    return ingotExitStatusOf(report);
  }
}

/** The program with all its subcommands. */
export function programOf(session: IngotSession): Command {
  const { caller } = session;
  const program = new Command('ingot')
    .description('Casts elements into golden disk images.')
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show this text')
    .helpCommand('help [command]', 'show the options of a command')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => caller.stdout.write(text),
      writeErr: (text) => caller.stderr.write(text),
      getOutHelpWidth: () => caller.stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => caller.stderr.columns ?? HELP_COLUMNS,
      outputError: (text, write) => write(text.replace(/^error: /, 'ingot: ')),
    })
    .exitOverride();
  registerBuild(program, session);
  registerPlan(program, session);
  registerBoot(program, session);
  registerTest(program, session);
  registerElement(program, session);
  registerDoctor(program, session);
  registerElementInfo(program, session);
  return program;
}

function registerElementInfo(program: Command, session: IngotSession): void {
  program
    .command('element-info')
    .description('print the elements that the named ones need, and themselves')
    .argument('<element...>', 'elements')
    .option('-e, --env', 'print bash text to evaluate')
    .action(async (elements: readonly string[], values: { readonly env?: boolean }) => {
      const words = [...(values.env === true ? ['--env'] : []), '--', ...elements];
      session.setStatus(await elementInfo({ ...session.caller, command: 'ingot', words }));
    });
}
