import { castImage } from '../build/front.ts';
import { exitStatusOf } from '../model/error.ts';
import type { BuildEvent } from '../model/events.ts';
import type { BuildRequest } from '../model/request.ts';
import type { Presentation } from '../spec/disk-image-create.ts';
import type { Caller } from './caller.ts';
import { openReporter } from './reporter.ts';
import { checkTools } from './required-tools.ts';
import { watchStopSignals } from './stop-signals.ts';

/**
 * Builds what a request asks for and shows it, until it is done or a signal stops it.
 * @returns the exit status: 0, a hook's own, 130 or 143 for a signal, else 1
 * @throws IngotError `TOOL_MISSING` before anything begins
 */
export async function runBuild(caller: Caller, request: BuildRequest, presentation: Presentation): Promise<number> {
  await checkTools(request);
  using watch = watchStopSignals(caller);
  const reporter = openReporter(caller, request, presentation);
  const onEvent = (event: BuildEvent): void => {
    if (event.kind === 'shell-opened') watch.lendTerminal(true);
    if (event.kind === 'shell-closed') watch.lendTerminal(false);
    reporter.take(event);
  };
  const result = await castImage(request, { onEvent, signal: watch.signal });
  await reporter.close();
  if (result.outcome === 'succeeded') return 0;
  return watch.status() ?? exitStatusOf(result.error);
}
