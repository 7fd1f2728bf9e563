import { mkdir } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { IngotError } from '../src/model/error.ts';
import type { Environment } from '../src/model/request.ts';
import { removeAside } from './aside.ts';
import { type Cost, type Measured, medianCost } from './measure.ts';
import { judge, renderTable, type Target } from './table.ts';

/** One thing that a benchmark measures. */
export interface Row {
  readonly id: string;
  readonly title: string;
  /** Row that its ratios are of. */
  readonly peer?: string;
  readonly target?: Target;
  readonly run: (bench: Bench) => Promise<Measured>;
}

/** Where a benchmark works and what it builds from. */
export interface Bench {
  /** Absolute path; holds caches and images between runs. */
  readonly folder: string;
  readonly environment: Environment;
  readonly mirror: string;
  readonly securityMirror: string;
}

export interface Benchmark {
  /** Its name in `npm run bench:NAME`. */
  readonly name: string;
  /** What is measured, and against what, for the head of the table. */
  readonly title: string;
  /** In the order in which they have to run: each one starts from what the one before it left. */
  readonly rows: readonly Row[];
  /** Makes the folder ready, which may be one of an earlier run. */
  readonly prepare?: (bench: Bench) => Promise<void>;
}

/** Runs a benchmark as the words of the command line say: row by row, and prints what they took. A row that fails is left out, and the exit status tells. */
export async function runBench({ name, title, rows: all, prepare }: Benchmark): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      folder: { type: 'string', default: `build/bench-${name}` },
      mirror: { type: 'string', default: 'http://deb.debian.org/debian' },
      'security-mirror': { type: 'string', default: 'http://deb.debian.org/debian-security' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    const ids = all.map(({ id }) => id).join(',');
    console.log(`usage: npm run bench:${name} -- [--rows ${ids}] [--rounds N] [--folder DIR] [--json]`);
    return;
  }
  const rows = chosenRows(all, values.rows);
  const bench: Bench = {
    folder: resolve(values.folder),
    environment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', LC_ALL: 'C.UTF-8' },
    mirror: values.mirror,
    securityMirror: values['security-mirror'],
  };
  await mkdir(bench.folder, { recursive: true });
  await prepare?.(bench);
  const costs = await measureRows(bench, rows, Number(values.rounds));
  report(rows, costs, { head: `${machine()}: ${title}`, isJson: values.json });
  await removeAside(bench.folder);
}

async function measureRows(bench: Bench, rows: readonly Row[], rounds: number): Promise<ReadonlyMap<string, Cost[]>> {
  const costs = new Map<string, Cost[]>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const row of rows) {
      const startLoad = loadavg()[0]?.toFixed(1);
      try {
        const { cost } = await row.run(bench);
        costs.set(row.id, [...(costs.get(row.id) ?? []), cost]);
        note(
          `round ${round}: ${row.title}: ${cost.wallSeconds.toFixed(1)} s wall, ${cost.cpuSeconds.toFixed(1)} s CPU (load before ${startLoad})`,
        );
      } catch (error) {
        noteFailure(row.title, error);
      }
    }
  }
  return costs;
}

/** The rows of a list of ids with commas between them; all without one. */
function chosenRows(rows: readonly Row[], list: string | undefined): readonly Row[] {
  if (list === undefined) return rows;
  const ids = list.split(',');
  const unknown = ids.filter((id) => !rows.some((row) => row.id === id));
  const known = rows.map(({ id }) => id).join(', ');
  if (unknown.length > 0) throw new Error(`No row ${unknown.join(', ')}; there are ${known}`);
  return rows.filter((row) => ids.includes(row.id));
}

function report(
  rows: readonly Row[],
  costs: ReadonlyMap<string, readonly Cost[]>,
  { head, isJson }: { readonly head: string; readonly isJson: boolean },
): void {
  const costOf = (id: string | undefined) => {
    const found = id === undefined ? undefined : costs.get(id);
    return found === undefined ? undefined : medianCost(found);
  };
  const verdicts = rows.flatMap((row) => {
    const cost = costOf(row.id);
    return cost === undefined ? [] : [judge({ ...row, cost, peer: costOf(row.peer) })];
  });
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
