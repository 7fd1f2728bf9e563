import path from 'node:path';
import type { Assertion } from '../assertions/assertion.ts';
import { type CastResult, castImage } from '../build/front.ts';
import { exitStatusOf } from '../model/error.ts';
import type { BuildEvent } from '../model/events.ts';
import type { BuildRequest } from '../model/request.ts';
import { openReporter, type ReporterOptions } from '../report/reporter.ts';
import type { Presentation } from '../spec/disk-image-create.ts';
import type { Caller } from './caller.ts';
import { checkFolders } from './required-folders.ts';
import { checkTools } from './required-tools.ts';
import type { StopWatch } from './stop-signals.ts';

/**
 * Builds what a request asks for and shows it, until it is done or a signal stops it.
 * @returns the exit status: 0, a hook's own, 129, 130 or 143 for a signal, else 1
 * @throws IngotError `TOOL_MISSING`, `FOLDER_UNUSABLE`, `OUTPUT_UNWRITABLE` for a log file; all before anything begins
 */
export async function runBuild(
  caller: Caller,
  request: BuildRequest,
  presentation: Presentation,
  watch: StopWatch,
): Promise<number> {
  const result = await castReported(caller, request, presentation, { watch });
  if (result.outcome === 'succeeded') return 0;
  return watch.status() ?? exitStatusOf(result.error);
}

/** As `runBuild`, with what has to be true of the finished tree. A failure of the build is a result. */
export async function castReported(
  caller: Caller,
  request: BuildRequest,
  presentation: Presentation,
  { watch, assertions }: { readonly watch: StopWatch; readonly assertions?: readonly Assertion[] },
): Promise<CastResult> {
  await checkTools(request);
  await checkFolders(request);
  const reporter = await openReporter(reporterOptions(caller, request, presentation));
  const onEvent = (event: BuildEvent): void => {
    if (event.kind === 'shell-opened') watch.lendTerminal(true);
    if (event.kind === 'shell-closed') watch.lendTerminal(false);
    reporter.take(event);
  };
  const result = await castImage(request, { onEvent, signal: watch.signal, assertions });
  await reporter.close();
  return result;
}

function reporterOptions(caller: Caller, request: BuildRequest, presentation: Presentation): ReporterOptions {
  return {
    stdout: caller.stdout,
    stderr: caller.stderr,
    view: viewOf(caller, request, presentation),
    hasTimestamps: presentation.hasTimestamps,
    hasColours: hasColours(caller),
    logfile: presentation.logfile,
    logFolder: path.join(request.imageCache, 'ingot/logs'),
    environment: request.environment,
    now: Date.now,
  };
}

/** The live view is for a person at a terminal; who traces hooks wants every line of them. */
function viewOf(caller: Caller, request: BuildRequest, presentation: Presentation): ReporterOptions['view'] {
  if (presentation.printsEvents) return 'events';
  if (presentation.isQuiet) return 'quiet';
  const { TERM: terminal = 'dumb', CI: ci = '' } = caller.environment;
  const isTerminal = caller.stdout.isTTY === true && terminal !== 'dumb' && ci === '';
  return isTerminal && request.debugTrace === 0 ? 'live' : 'plain';
}

/** @see https://no-color.org */
function hasColours(caller: Caller): boolean {
  const { NO_COLOR: forbidden = '', TERM: terminal = 'dumb' } = caller.environment;
  return caller.stdout.isTTY === true && forbidden === '' && terminal !== 'dumb';
}
