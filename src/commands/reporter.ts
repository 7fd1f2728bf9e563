import type { BuildEvent } from '../model/events.ts';
import type { BuildRequest } from '../model/request.ts';
import type { Presentation } from '../spec/disk-image-create.ts';
import type { Caller } from './caller.ts';
import { errorText } from './error-text.ts';

/** Shows a build from its events. */
export interface BuildReporter {
  take: (event: BuildEvent) => void;
  close: () => Promise<void>;
}

/** Opens what shows a build to the caller. */
export function openReporter(caller: Caller, _request: BuildRequest, presentation: Presentation): BuildReporter {
  const print = (text: string): void => {
    if (!presentation.isQuiet) caller.stdout.write(`${text}\n`);
  };
  return {
    take: (event) => {
      if (event.kind === 'step-started') print(`> ${event.step}`);
      if (event.kind === 'step-output') print(event.line);
      if (event.kind === 'message') print(event.text);
      if (event.kind === 'artifact-written') print(`Image file ${event.artifact.path} created...`);
      if (event.kind === 'build-finished' && event.outcome !== 'succeeded') {
        caller.stderr.write(errorText(caller.command, event.error));
      }
    },
    close: async () => {},
  };
}
