import { textWidth } from './terminal-text.ts';
import type { TextSink } from './text-sink.ts';

const BEGIN_SYNC = '\u001b[?2026h';
const END_SYNC = '\u001b[?2026l';
const ERASE_BELOW = '\u001b[J';

/**
 * The lines at the bottom of a terminal that are drawn anew, and the log that grows above them. Each change is one write between marks
 * for synchronized output, so that terminals show it at once.
 */
export class LiveRegion {
  readonly #sink: TextSink;
  #drawn: readonly string[] = [];

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Adds lines to the log and draws the region below them. */
  update(logged: readonly string[], region: readonly string[]): void {
    if (logged.length === 0 && isSame(region, this.#drawn)) return;
    const log = logged.map((line) => `${line}\n`).join('');
    // The cursor stays at the end of the last line: a line break there would scroll the terminal for an empty row.
    this.#sink.write(`${BEGIN_SYNC}${this.#toTop()}${log}${region.join('\n')}${END_SYNC}`);
    this.#drawn = region;
  }

  /** Moves to the region's first row and erases from there. A narrower terminal has wrapped the lines that were drawn. */
  #toTop(): string {
    if (this.#drawn.length === 0) return '';
    const columns = this.#sink.columns ?? 80;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
    return `\r${rows > 1 ? `\u001b[${rows - 1}A` : ''}${ERASE_BELOW}`;
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}
