import path from 'node:path';
import type { Command } from 'commander';
import { addBuildOptions, type IngotSession, requestOf } from './ingot-session.ts';
import { runBuild } from './run-build.ts';
import { watchStopSignals } from './stop-signals.ts';

/** Adds `ingot build` to the program. */
export function registerBuild(program: Command, session: IngotSession): void {
  const command = program
    .command('build')
    .description('build an image from elements')
    .argument('<element...>', 'elements; one of them has to provide an operating system');
  addBuildOptions(command)
    .option('--json', 'print the events of the build as lines of JSON')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--log <file>', 'append the log to this file')
    .action(async (elements: readonly string[], values: BuildValues) => {
      const request = await requestOf(session, elements, values);
      const presentation = {
        isQuiet: values.quiet === true,
        hasTimestamps: false,
        logfile: values.log === undefined ? undefined : path.resolve(session.caller.workingFolder, values.log),
        printsEvents: values.json === true,
      };
      using watch = watchStopSignals(session.caller);
      session.setStatus(await runBuild(session.caller, request, presentation, watch));
    });
}

interface BuildValues extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly log?: string;
}
