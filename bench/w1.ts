import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { chosenRows, runBench } from './run-bench.ts';
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
  const rows = chosenRows(W1_ROWS, values.rows);
  const bench: Bench = {
    folder: resolve(values.folder),
    environment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', LC_ALL: 'C.UTF-8' },
    mirror: values.mirror,
    securityMirror: values['security-mirror'],
  };
  await prepareBench(bench);
  const title = 'W1; ratios are against the mmdebstrap chain of the same run';
  await runBench({ title, bench, rows, rounds: Number(values.rounds), isJson: values.json });
  await cleanUpBench(bench);
}
