import type { Caller, StopSignal } from '../../src/commands/caller.ts';
import type { Environment } from '../../src/model/request.ts';

/** A caller whose output is kept and whose signals the test sends. */
export interface TestCaller extends Caller {
  readonly printed: () => string;
  readonly complained: () => string;
  readonly send: (signal: StopSignal) => void;
  /** Statuses of `exitNow`, in order. */
  readonly exits: readonly number[];
}

/** Makes a caller of a command line. */
export function testCaller(command: string, words: readonly string[] = [], environment: Environment = {}): TestCaller {
  const out: string[] = [];
  const err: string[] = [];
  const exits: number[] = [];
  const listeners = new Map<StopSignal, Set<() => void>>();
  return {
    command,
    words,
    environment: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', ...environment },
    workingFolder: '/work',
    homeFolder: '/home/ann',
    readInput: async () => '',
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    onSignal: (signal, listener) => {
      const set = listeners.get(signal) ?? new Set();
      listeners.set(signal, set.add(listener));
      return () => set.delete(listener);
    },
    exitNow: (status) => exits.push(status),
    printed: () => out.join(''),
    complained: () => err.join(''),
    send: (signal) => {
      for (const listener of listeners.get(signal) ?? []) listener();
    },
    exits,
  };
}
