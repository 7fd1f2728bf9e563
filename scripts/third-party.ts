// Builds other people's elements, unmodified, one build after the other, and says which do what is expected.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { readTable, runBuild } from './third-party-builds.ts';

const USAGE = `usage: npm run test:third-party -- [--list] [--logs FOLDER] FOLDER-OF-CLONES [BUILD]...`;

const { values, positionals } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    logs: { type: 'string', default: 'build/third-party' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [clones, ...wanted] = positionals;

if (values.help || (clones === undefined && !values.list)) console.log(USAGE);
else process.exitCode = await main(resolve(clones ?? '.'));

async function main(folder: string): Promise<number> {
  const table = await readTable();
  const unknown = wanted.filter((name) => !table.builds.some((build) => build.name === name));
  if (unknown.length > 0) {
    console.error(`There is no build ${unknown.join(', ')}; --list says which there are`);
    return 2;
  }
  const chosen = table.builds.filter((build) => wanted.length === 0 || wanted.includes(build.name));
  if (values.list) {
    for (const { name, elements } of chosen) console.log(`${name}: ${elements.join(' ')}`);
    return 0;
  }
  const logs = resolve(values.logs);
  await mkdir(logs, { recursive: true });
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  let unexpected = 0;
  for (const build of chosen) {
    const { outcome, isExpected, seconds, reason } = await runBuild(table, build, { clones: folder, logs, env });
    console.log(
      `${isExpected ? 'as expected' : 'UNEXPECTED '}  ${outcome.padEnd(6)}  ${build.name}  ${seconds.toFixed(0)} s`,
    );
    if (isExpected) continue;
    unexpected += 1;
    if (reason !== undefined) console.log(reason.replaceAll(/^/gm, '      '));
  }
  console.log(`${chosen.length - unexpected} as expected, ${unexpected} not; logs are in ${logs}`);
  return unexpected === 0 ? 0 : 1;
}
