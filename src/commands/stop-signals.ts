import { type Caller, STOP_SIGNALS, type StopSignal } from './caller.ts';

/** Listens to the signals that stop a command while it works. */
export interface StopWatch extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Exit status of the signal that came; undefined while none has. */
  readonly status: () => number | undefined;
  /** While true, Ctrl-C belongs to the shell that has the terminal, not to the command. */
  lendTerminal: (isLent: boolean) => void;
}

/**
 * Watches for signals: the first one aborts, so that the work ends in order; a second one ends the process at once, and the kernel
 * releases what the builder held.
 */
export function watchStopSignals(caller: Caller): StopWatch {
  const controller = new AbortController();
  let status: number | undefined;
  let isTerminalLent = false;
  const listener = (name: StopSignal) => (): void => {
    if (name === 'SIGINT' && isTerminalLent) return;
    if (status !== undefined) {
      caller.exitNow(status);
      return;
    }
    status = STOP_SIGNALS[name];
    controller.abort();
  };
  const listening = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map((name) => caller.onSignal(name, listener(name)));
  return {
    signal: controller.signal,
    status: () => status,
    lendTerminal: (isLent) => {
      isTerminalLent = isLent;
    },
    [Symbol.dispose]: () => {
      for (const stop of listening) stop();
    },
  };
}
