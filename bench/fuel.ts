import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { removeAside } from './aside.ts';
import { FUEL_ROWS } from './fuel-rows.ts';
import { chosenRows, runBench } from './run-bench.ts';

const USAGE = `usage: npm run bench:fuel -- [--rows ${FUEL_ROWS.map((row) => row.id).join(',')}] [--rounds N] [--folder DIR] [--json]`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    folder: { type: 'string', default: 'build/bench-fuel' },
    mirror: { type: 'string', default: 'http://deb.debian.org/debian' },
    'security-mirror': { type: 'string', default: 'http://deb.debian.org/debian-security' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const rows = chosenRows(FUEL_ROWS, values.rows);
  const folder = resolve(values.folder);
  await mkdir(folder, { recursive: true });
  const bench = {
    folder,
    environment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', LC_ALL: 'C.UTF-8' },
    mirror: values.mirror,
    securityMirror: values['security-mirror'],
  };
  const title = 'target images; ratios are against the original way of the same run';
  await runBench({ title, bench, rows, rounds: Number(values.rounds), isJson: values.json });
  await removeAside(folder);
}
