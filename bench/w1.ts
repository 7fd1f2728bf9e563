import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { IngotError } from '../src/model/error.ts';
import { type Cost, medianCost } from './measure.ts';
import { judge, renderTable } from './table.ts';
import { type Bench, cleanUpBench, prepareBench, W1_ROWS } from './w1-rows.ts';

const USAGE = `usage: npm run bench:w1 -- [--rows ${W1_ROWS.map((row) => row.id).join(',')}] [--rounds N] [--folder DIR] [--json]`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    folder: { type: 'string', default: 'build/bench-w1' },
    mirror: { type: 'string', default: 'http://deb.debian.org/debian' },
    'security-mirror': { type: 'string', default: 'http://deb.debian.org/debian-security' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const rows = chosenRows(values.rows);
  const bench: Bench = {
    folder: resolve(values.folder),
    environment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', LC_ALL: 'C.UTF-8' },
    mirror: values.mirror,
    securityMirror: values['security-mirror'],
  };
  await prepareBench(bench);

  const costs = new Map<string, Cost[]>();
  for (let round = 1; round <= Number(values.rounds); round += 1) {
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
  report(rows, costs);
  await cleanUpBench(bench);
}

function report(rows: typeof W1_ROWS, costs: ReadonlyMap<string, readonly Cost[]>): void {
  const costOf = (id: string | undefined) => {
    const found = id === undefined ? undefined : costs.get(id);
    return found === undefined ? undefined : medianCost(found);
  };
  const verdicts = rows.flatMap((row) => {
    const cost = costOf(row.id);
    return cost === undefined ? [] : [judge({ ...row, cost, peer: costOf(row.peer) })];
  });
  if (values.json) console.log(JSON.stringify({ machine: machine(), rows: verdicts }, null, 2));
  else console.log([machine(), '', ...renderTable(verdicts)].join('\n'));
  if (verdicts.length < rows.length) process.exitCode = 1;
}

function chosenRows(list: string | undefined): typeof W1_ROWS {
  if (list === undefined) return W1_ROWS;
  const ids = list.split(',');
  const unknown = ids.filter((id) => !W1_ROWS.some((row) => row.id === id));
  if (unknown.length > 0) throw new Error(`No row ${unknown.join(', ')}\n${USAGE}`);
  return W1_ROWS.filter((row) => ids.includes(row.id));
}

function machine(): string {
  const processors = cpus();
  return `W1 on ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}; ratios are against the mmdebstrap chain of the same run`;
}

function note(text: string): void {
  console.error(text);
}

function noteFailure(title: string, error: unknown): void {
  note(`${title}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof IngotError) note((error.details.tail ?? []).join('\n'));
}
