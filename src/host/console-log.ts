import { stripVTControlCharacters } from 'node:util';

/** Lines of a console that explain a failure. */
const TAIL_LINES = 40;
/** The beginning of a control sequence whose end is still to come. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what this is about
const UNFINISHED = /\u001b(\[[0-9;?]*)?$/;

/** How waiting for a text of the console ended. */
export type ConsoleWait =
  | { readonly kind: 'matched'; readonly line: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'timeout' };

/** What a machine has written to its serial console, without control sequences. */
export class ConsoleLog {
  #text = '';
  #rest = '';
  #hasEnded = false;
  #wake = Promise.withResolvers<void>();

  /** Everything so far. */
  get text(): string {
    return this.#text;
  }

  /** The last lines, oldest first. */
  get tail(): readonly string[] {
    const lines = this.#text.split(/\r*\n/).map((line) => line.split('\r').at(-1) ?? '');
    return lines.filter((line) => line.trim() !== '').slice(-TAIL_LINES);
  }

  /** Takes what arrived. */
  add(chunk: string): void {
    const raw = this.#rest + chunk;
    this.#rest = UNFINISHED.exec(raw)?.[0] ?? '';
    this.#text += stripVTControlCharacters(raw.slice(0, raw.length - this.#rest.length));
    this.#notify();
  }

  /** Says that nothing will arrive any more. */
  end(): void {
    this.#hasEnded = true;
    this.#notify();
  }

  /** Waits until a pattern stands anywhere in the console, at most `ms` milliseconds. Throws the signal's reason when it is aborted. */
  async waitFor(pattern: RegExp, ms: number, signal?: AbortSignal): Promise<ConsoleWait> {
    const deadline = AbortSignal.timeout(ms);
    const stop = AbortSignal.any(signal === undefined ? [deadline] : [deadline, signal]);
    for (;;) {
      const found = this.#lineOf(pattern);
      if (found !== undefined) return { kind: 'matched', line: found };
      if (this.#hasEnded) return { kind: 'ended' };
      signal?.throwIfAborted();
      if (deadline.aborted) return { kind: 'timeout' };
      await Promise.race([this.#wake.promise, aborted(stop)]);
    }
  }

  #lineOf(pattern: RegExp): string | undefined {
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    const start = this.#text.lastIndexOf('\n', match.index) + 1;
    const end = this.#text.indexOf('\n', match.index);
    return this.#text.slice(start, end < 0 ? undefined : end).trim();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
