import { exitStatusOf, toErrorReport } from '../model/error.ts';
import { type DiskImageCreateCall, parseDiskImageCreate } from '../spec/disk-image-create.ts';
import { helpText } from '../spec/help-text.ts';
import type { Caller } from './caller.ts';
import { complain } from './error-text.ts';
import { readHostFacts } from './host-facts.ts';
import { runBuild } from './run-build.ts';
import { type StopWatch, watchStopSignals } from './stop-signals.ts';
import { VERSION } from './version.ts';

/**
 * The command `disk-image-create`, and `ramdisk-image-create` when it is called so.
 * @returns the exit status: 0, a hook's own, 130 or 143 for a signal, else 1
 */
export async function main(caller: Caller): Promise<number> {
  try {
    return await diskImageCreate(caller);
  } catch (error) {
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return exitStatusOf(report);
  }
}

async function diskImageCreate(caller: Caller): Promise<number> {
  const facts = await readHostFacts(caller);
  const call = parseDiskImageCreate({ ...caller, facts });
  switch (call.kind) {
    case 'help':
      caller.stdout.write(helpText(caller.command, caller.command === 'ramdisk-image-create' ? 'ramdisk' : 'disk'));
      return 0;
    case 'version':
      caller.stdout.write(`${VERSION}\n`);
      return 0;
    case 'build': {
      using watch = watchStopSignals(caller);
      return await buildAsAsked(caller, call, watch);
    }
    default:
      return call satisfies never;
  }
}

/**
 * Builds what a command line asks for.
 * @returns the exit status, as `main`
 * @throws IngotError as `runBuild`
 */
export async function buildAsAsked(
  caller: Caller,
  call: Extract<DiskImageCreateCall, { readonly kind: 'build' }>,
  watch: StopWatch,
): Promise<number> {
  for (const warning of call.warnings) caller.stderr.write(`${caller.command}: warning: ${warning}\n`);
  if (call.presentation.logfile !== undefined) {
    caller.stdout.write(`Output logs going to: ${call.presentation.logfile}\n`);
  }
  return await runBuild(caller, call.request, call.presentation, watch);
}
