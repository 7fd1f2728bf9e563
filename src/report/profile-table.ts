/** One hook of a phase with its duration in milliseconds. */
export interface ProfileRow {
  readonly name: string;
  readonly ms: number;
}

/** The table of a phase's hooks and their seconds, in the form that readers of diskimage-builder's logs look for. */
export function profileLines(phase: string, rows: readonly ProfileRow[]): string[] {
  const sorted = [...rows].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = [
    '----------------------- PROFILING -----------------------',
    '',
    `Target: ${phase}`,
    '',
    row('Script', 'Seconds', 9),
    row('---------------------------------------', '----------', 9),
    '',
    ...sorted.map(({ name, ms }) => row(name, (ms / 1000).toFixed(3), 10)),
    '',
    '--------------------- END PROFILING ---------------------',
  ];
  return lines.map((line) => `dib-run-parts ${line}`.trimEnd());
}

function row(name: string, seconds: string, width: number): string {
  return `${name.padEnd(40)} ${seconds.padStart(width)}`;
}
