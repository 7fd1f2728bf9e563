import { formatBytes } from '../model/bytes.ts';
import type { LiveState, RunningStep } from './live-state.ts';
import type { Meaning, Paint } from './style.ts';
import { clip, escapeForeign, formatDuration, textWidth } from './terminal-text.ts';

export interface Frame {
  /** Columns and rows of the terminal. */
  readonly width: number;
  readonly height: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly paint: Paint;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const SPIN_MS = 120;
const BAR_COLUMNS = 20;
/** Rows left to the log above the region. */
const ROWS_FOR_LOG = 4;
const NOISE = /set \+o|xtrace/;

/** A stretch of text with the style of its meaning. */
interface Part {
  readonly text: string;
  readonly meaning?: Meaning;
}

/** The lines of the live region, each narrower than the terminal. Pure; empty when there is nothing to show. */
export function render(state: LiveState, frame: Frame): string[] {
  if (state.isFinished || state.isLent || state.startedAt === 0) return [];
  const running = state.running === undefined ? [] : runningLines(state.running, frame);
  return [...running, barLine(state, frame)].slice(-Math.max(1, frame.height - ROWS_FOR_LOG));
}

function runningLines({ step, since, tail }: RunningStep, frame: Frame): string[] {
  const spin = SPINNER[Math.floor(frame.now / SPIN_MS) % SPINNER.length] ?? '';
  const head: Part[] = [
    { text: `${spin} `, meaning: 'accent' },
    { text: escapeForeign(step.id), meaning: 'strong' },
    { text: step.element === undefined ? '' : `  ${escapeForeign(step.element)}`, meaning: 'faint' },
    { text: `  ${formatDuration(Math.max(0, frame.now - since))}`, meaning: 'faint' },
  ];
  const output = tail
    .filter((line) => !NOISE.test(line))
    .map((line) => [{ text: `  │ ${escapeForeign(line)}`, meaning: 'faint' } as const]);
  return [head, ...output].map((parts) => fitLine(parts, frame));
}

function barLine(state: LiveState, frame: Frame): string {
  const total = Math.max(state.steps.size, state.doneCount);
  const filled = total === 0 ? 0 : Math.floor((state.doneCount / total) * BAR_COLUMNS);
  const counts = [`${state.doneCount}/${total} steps`, ...(state.hitCount > 0 ? [`${state.hitCount} restored`] : [])];
  const parts: Part[] = [
    { text: '━'.repeat(filled), meaning: 'good' },
    { text: '━'.repeat(BAR_COLUMNS - filled), meaning: 'faint' },
    { text: ` ${[...counts, formatDuration(Math.max(0, frame.now - state.startedAt))].join(' · ')}` },
    { text: fetchText(state), meaning: 'accent' },
  ];
  return fitLine(parts, frame);
}

function fetchText({ fetches }: LiveState): string {
  const [first] = fetches;
  if (first === undefined) return '';
  const [subject, { doneBytes, totalBytes }] = first;
  const others = fetches.size > 1 ? ` and ${fetches.size - 1} more` : '';
  return ` · fetching ${escapeForeign(subject)}${others} ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
}

/** One column stays free: a full line would move the cursor in a way that differs between terminals. */
function fitLine(parts: readonly Part[], { width, paint }: Frame): string {
  let room = width - 1;
  const fitted: string[] = [];
  for (const { text, meaning } of parts) {
    const cut = clip(text, room);
    room -= textWidth(cut);
    if (cut !== '') fitted.push(meaning === undefined ? cut : paint(meaning, cut));
  }
  return fitted.join('');
}
