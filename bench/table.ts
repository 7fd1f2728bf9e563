import type { Cost } from './measure.ts';

/** What a row has to reach. `ratio` is against the row that it is compared with. */
export type Target =
  | { readonly kind: 'cpu-ratio'; readonly atMost: number }
  | { readonly kind: 'wall-seconds'; readonly atMost: number };

export interface Line {
  readonly id: string;
  readonly title: string;
  readonly cost: Cost;
  /** Cost of the row that this one is compared with; undefined where that one did not run. */
  readonly peer?: Cost;
  readonly target?: Target;
}

/** A line with its ratios and whether it reached its target; undefined where there is nothing to compare with. */
export interface Verdict {
  readonly id: string;
  readonly title: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly wallRatio?: number;
  readonly cpuRatio?: number;
  readonly target?: Target;
  readonly isMet?: boolean;
}

/** Compares a line with its peer and its target. */
export function judge(line: Line): Verdict {
  const { cost, peer, target } = line;
  const ratios =
    peer === undefined
      ? {}
      : { wallRatio: cost.wallSeconds / peer.wallSeconds, cpuRatio: cost.cpuSeconds / peer.cpuSeconds };
  const reached = target?.kind === 'wall-seconds' ? cost.wallSeconds : ratios.cpuRatio;
  return {
    id: line.id,
    title: line.title,
    ...cost,
    ...ratios,
    ...(target === undefined ? {} : { target }),
    ...(target === undefined || reached === undefined ? {} : { isMet: reached <= target.atMost }),
  };
}

/** Draws the verdicts as a table for people, one line each. */
export function renderTable(verdicts: readonly Verdict[]): readonly string[] {
  const width = Math.max(...verdicts.map((verdict) => verdict.title.length));
  const head = `${''.padEnd(width)}   wall s    CPU s   wall ×    CPU ×   target`;
  return [head, ...verdicts.map((verdict) => renderLine(verdict, width))];
}

function renderLine(verdict: Verdict, width: number): string {
  const numbers = [
    verdict.wallSeconds.toFixed(1),
    verdict.cpuSeconds.toFixed(1),
    verdict.wallRatio?.toFixed(2) ?? '-',
    verdict.cpuRatio?.toFixed(2) ?? '-',
  ];
  const cells = numbers.map((text) => text.padStart(9)).join('');
  return `${verdict.title.padEnd(width)}${cells}   ${targetText(verdict)}`.trimEnd();
}

function targetText({ target, isMet }: Verdict): string {
  if (target === undefined) return '';
  const wish = target.kind === 'cpu-ratio' ? `CPU × ≤ ${target.atMost}` : `wall ≤ ${target.atMost} s`;
  if (isMet === undefined) return wish;
  return `${wish}: ${isMet ? 'met' : 'MISSED'}`;
}
