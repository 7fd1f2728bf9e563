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

/** Milliseconds within which a signal is the same wish once more: timeout(1) and npm send each one to the process and to its group. */
const ECHO_MS = 500;

/**
 * Watches for signals: the first one aborts, so that the work ends in order; a later one ends the process at once, and the kernel
 * releases what the builder held.
 * @param now milliseconds on a clock that only goes forward
 */
export function watchStopSignals(caller: Caller, now: () => number = performance.now.bind(performance)): StopWatch {
  const controller = new AbortController();
  let status: number | undefined;
  let firstAt = 0;
  let isTerminalLent = false;
  const listener = (name: StopSignal) => (): void => {
    if (name === 'SIGINT' && isTerminalLent) return;
    if (status !== undefined) {
      if (now() - firstAt >= ECHO_MS) caller.exitNow(status);
      return;
    }
    status = STOP_SIGNALS[name];
    firstAt = now();
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
