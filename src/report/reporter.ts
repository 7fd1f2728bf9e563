import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { claimLogFolder, EVENT_LOG_NAME } from './event-log.ts';
import type { EventView } from './event-view.ts';
import { type LineFile, openLineFile } from './line-file.ts';
import { openLiveView } from './live-view.ts';
import { PlainLog, stamped } from './plain-log.ts';
import { redactorFor } from './redact.ts';
import type { TextSink } from './text-sink.ts';

export interface ReporterOptions {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** `live` draws on a terminal, `plain` writes lines, `events` writes lines of JSON, `quiet` writes nothing but failures, `none` nothing. */
  readonly view: 'live' | 'plain' | 'events' | 'quiet' | 'none';
  /** Lines of the plain view begin with the time. */
  readonly hasTimestamps: boolean;
  readonly hasColours: boolean;
  /** Absolute path of a file to append the plain log to, always with the time. */
  readonly logfile?: string;
  /** Absolute path of the folder that keeps the events of the latest builds; undefined keeps none. */
  readonly logFolder?: string;
  /** The caller's, to know what must not be shown. */
  readonly environment: Environment;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/**
 * Opens everything that a build is reported to. Secrets are taken out before anything is written.
 * @throws IngotError `OUTPUT_UNWRITABLE` when the log file cannot be written
 */
export async function openReporter(options: ReporterOptions): Promise<EventView> {
  const redactor = redactorFor(options.environment);
  const events = await openEventLog(options);
  const logs = [options.logfile, events?.path].filter((path) => path !== undefined);
  const views = [
    viewOf(options, logs),
    ...(events === undefined ? [] : [eventView(events.file)]),
    ...(options.logfile === undefined ? [] : [await openLogfile(options.logfile, logs)]),
  ];
  return {
    take: (event) => {
      const clean = redactor.event(event);
      for (const view of views) view.take(clean);
    },
    close: async () => {
      for (const view of views) await view.close();
    },
  };
}

function viewOf(options: ReporterOptions, logs: readonly string[]): EventView {
  const { stdout, stderr, hasColours, hasTimestamps, now } = options;
  switch (options.view) {
    case 'live':
      return openLiveView({ sink: stdout, hasColours, logs, now });
    case 'plain':
      return plainView(logs, (line, at) => stdout.write(`${hasTimestamps ? stamped(at, line) : line}\n`));
    case 'events':
      return { take: (event) => void stdout.write(`${JSON.stringify(event)}\n`), close: nothing };
    case 'quiet':
      return failureView(logs, stderr);
    case 'none':
      return { take: () => {}, close: nothing };
    default:
      return options.view satisfies never;
  }
}

function plainView(logs: readonly string[], write: (line: string, at: number) => unknown): EventView {
  const log = new PlainLog(logs);
  return {
    take: (event) => {
      for (const line of log.linesOf(event)) write(line, event.at);
    },
    close: nothing,
  };
}

function eventView(file: LineFile): EventView {
  return { take: (event) => file.append([JSON.stringify(event)]), close: async () => await file.close() };
}

async function openLogfile(path: string, logs: readonly string[]): Promise<EventView> {
  const log = new PlainLog(logs);
  try {
    const file = await openLineFile(path);
    return {
      take: (event) => file.append(log.linesOf(event).map((line) => stamped(event.at, line))),
      close: async () => await file.close(),
    };
  } catch (error) {
    throw new IngotError('OUTPUT_UNWRITABLE', `The log file ${path} cannot be written: ${reasonOf(error)}`, {
      hint: 'Choose another place with --logfile.',
      cause: error,
    });
  }
}

/** The event log is a service, not a duty: a cache folder that cannot be written must not stop a build here. */
async function openEventLog({
  logFolder,
  now,
}: ReporterOptions): Promise<{ path: string; file: LineFile } | undefined> {
  if (logFolder === undefined) return undefined;
  try {
    const path = join(await claimLogFolder(logFolder, now(), randomBytes(3).toString('hex')), EVENT_LOG_NAME);
    return { path, file: await openLineFile(path) };
  } catch {
    return undefined;
  }
}

/** Writes nothing but why a build failed. */
function failureView(logs: readonly string[], sink: TextSink): EventView {
  const log = new PlainLog(logs);
  return {
    take: (event) => {
      const lines = log.linesOf(event);
      if (event.kind === 'build-finished' && event.outcome !== 'succeeded') sink.write(`${lines.join('\n')}\n`);
    },
    close: nothing,
  };
}

async function nothing(): Promise<void> {}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
