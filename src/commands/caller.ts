import { homedir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Environment } from '../model/request.ts';
import type { TextSink } from '../report/text-sink.ts';

/** Signals that ask a command to stop, with the exit status that tells of each. */
export const STOP_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof STOP_SIGNALS;

/** The process that a command runs in, as far as the command may know it. */
export interface Caller {
  /** Name under which it was called, such as `disk-image-create`. */
  readonly command: string;
  /** Words after the name. */
  readonly words: readonly string[];
  readonly environment: Environment;
  /** Absolute path of the current folder. */
  readonly workingFolder: string;
  /** Absolute path of the caller's home folder. */
  readonly homeFolder: string;
  /** Everything that standard input has. */
  readonly readInput: () => Promise<string>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Listens to a signal until the returned function is called. */
  readonly onSignal: (signal: StopSignal, listener: () => void) => () => void;
  /** Ends the process at once. */
  readonly exitNow: (status: number) => void;
}

/** The caller that a real process is. */
export function callerOf(process: NodeJS.Process): Caller {
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const stopOnClosedPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    process.kill(process.pid, 'SIGTERM');
  };
  process.stdout.on('error', stopOnClosedPipe);
  process.stderr.on('error', stopOnClosedPipe);
  return {
    command: path.parse(process.argv[1] ?? 'ingot').name,
    words: process.argv.slice(2),
    environment,
    workingFolder: process.cwd(),
    homeFolder: homedir(),
    readInput: async () => await text(process.stdin),
    stdout: process.stdout,
    stderr: process.stderr,
    onSignal: (signal, listener) => {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
    exitNow: (status) => process.exit(status),
  };
}
