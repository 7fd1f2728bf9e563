import { IngotError } from '../model/error.ts';
import type { BuildEvent } from '../model/events.ts';
import type { Environment } from '../model/request.ts';
import type { EventView } from './event-view.ts';
import { type LineFile, openLineFile } from './line-file.ts';
import { PlainLog, stamped } from './plain-log.ts';
import { redactorFor } from './redact.ts';

/** Steps whose end a follower of the log waits for, with the words it knows the end by. */
const STEP_PHRASES: Readonly<Record<string, string>> = {
  'root.d/08-fuel-bootstrap': 'Running deboostrap completed',
  packages: 'Running apt-get install completed',
};

/** The log of the builds of one set of images: everything that happened, and phrases from which others read how far a build is. */
export interface FuelLog extends EventView {
  /** Writes a line that no event stands for. */
  readonly say: (text: string) => void;
  /** Writes that the images are there. */
  readonly sayEnd: () => void;
}

export interface FuelLogOptions {
  /** Absolute path of the file, which is appended to. */
  readonly path: string;
  /** The caller's, and what else holds secrets, to know what must not be shown. */
  readonly environment: Environment;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** What a log says when a build begins. Astute looks for exactly these words, and for the others of this file. */
const BEGIN = ['--- Building image (do_build_image) ---', '*** Shipping image content ***'] as const;

/** What a log says when the images are there. */
const END = '--- Building image END (do_build_image) ---';

/**
 * Opens the log of a build and writes that it begins.
 * @throws IngotError `OUTPUT_UNWRITABLE`
 */
export async function openFuelLog({ path, environment, now }: FuelLogOptions): Promise<FuelLog> {
  const redactor = redactorFor(environment);
  const file = await openLogFile(path);
  const log = new PlainLog([]);
  // A secret may be a part of a phrase, which followers of the log still have to find.
  const sayAsItIs = (text: string): void => file.append([stamped(now(), text)]);
  for (const phrase of BEGIN) sayAsItIs(phrase);
  return {
    say: (text) => sayAsItIs(redactor.text(text)),
    sayEnd: () => sayAsItIs(END),
    take: (event) => {
      file.append(log.linesOf(redactor.event(event)).map((line) => stamped(event.at, line)));
      const phrase = phraseOf(event);
      if (phrase !== undefined) sayAsItIs(phrase);
    },
    close: async () => await file.close(),
  };
}

function phraseOf(event: BuildEvent): string | undefined {
  return event.kind === 'step-finished' ? STEP_PHRASES[event.step] : undefined;
}

async function openLogFile(path: string): Promise<LineFile> {
  try {
    return await openLineFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IngotError('OUTPUT_UNWRITABLE', `The log file ${path} cannot be written: ${reason}`, {
      hint: 'Choose another folder with the variable FUEL_IMAGE_LOGS.',
      cause,
    });
  }
}
