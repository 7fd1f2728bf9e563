import { cpus, loadavg } from 'node:os';
import process from 'node:process';
import { IngotError } from '../src/model/error.ts';
import { type Cost, type Measured, medianCost } from './measure.ts';
import { judge, renderTable, type Target } from './table.ts';

/** One thing that a benchmark measures. */
export interface Row<Bench> {
  readonly id: string;
  readonly title: string;
  /** Row that its ratios are of. */
  readonly peer?: string;
  readonly target?: Target;
  readonly run: (bench: Bench) => Promise<Measured>;
}

export interface BenchRun<Bench> {
  /** What is measured, and against what, for the head of the table. */
  readonly title: string;
  readonly bench: Bench;
  /** In the order in which they have to run. */
  readonly rows: readonly Row<Bench>[];
  readonly rounds: number;
  readonly isJson: boolean;
}

/** Runs rows round by round and prints what they took; a row that fails is left out, and the exit status tells. */
export async function runBench<Bench>(run: BenchRun<Bench>): Promise<void> {
  const costs = new Map<string, Cost[]>();
  for (let round = 1; round <= run.rounds; round += 1) {
    for (const row of run.rows) {
      const startLoad = loadavg()[0]?.toFixed(1);
      try {
        const { cost } = await row.run(run.bench);
        costs.set(row.id, [...(costs.get(row.id) ?? []), cost]);
        note(
          `round ${round}: ${row.title}: ${cost.wallSeconds.toFixed(1)} s wall, ${cost.cpuSeconds.toFixed(1)} s CPU (load before ${startLoad})`,
        );
      } catch (error) {
        noteFailure(row.title, error);
      }
    }
  }
  report(run, costs);
}

/** The rows of a list of ids with commas between them; all without one. */
export function chosenRows<Bench>(rows: readonly Row<Bench>[], list: string | undefined): readonly Row<Bench>[] {
  if (list === undefined) return rows;
  const ids = list.split(',');
  const unknown = ids.filter((id) => !rows.some((row) => row.id === id));
  const known = rows.map(({ id }) => id).join(', ');
  if (unknown.length > 0) throw new Error(`No row ${unknown.join(', ')}; there are ${known}`);
  return rows.filter((row) => ids.includes(row.id));
}

function report<Bench>({ rows, title, isJson }: BenchRun<Bench>, costs: ReadonlyMap<string, readonly Cost[]>): void {
  const costOf = (id: string | undefined) => {
    const found = id === undefined ? undefined : costs.get(id);
    return found === undefined ? undefined : medianCost(found);
  };
  const verdicts = rows.flatMap((row) => {
    const cost = costOf(row.id);
    return cost === undefined ? [] : [judge({ ...row, cost, peer: costOf(row.peer) })];
  });
  const head = `${machine()}: ${title}`;
  if (isJson) console.log(JSON.stringify({ machine: head, rows: verdicts }, null, 2));
  else console.log([head, '', ...renderTable(verdicts)].join('\n'));
  if (verdicts.length < rows.length) process.exitCode = 1;
}

function machine(): string {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`;
}

function note(text: string): void {
  console.error(text);
}

function noteFailure(title: string, error: unknown): void {
  note(`${title}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof IngotError) note((error.details.tail ?? []).join('\n'));
}
