// Builds the tests that elements bring along, one after the other, and says which pass.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { findCases, runCase } from './element-cases.ts';

const USAGE = `usage: npm run test:elements -- [--list] [--logs FOLDER] ELEMENTS-FOLDER [ELEMENT/CASE]...`;

const { values, positionals } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    logs: { type: 'string', default: 'build/test-elements' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [folder, ...wanted] = positionals;

if (values.help || folder === undefined) console.log(USAGE);
else process.exitCode = await main(resolve(folder));

async function main(elements: string): Promise<number> {
  const cases = (await findCases(elements)).map((one) => ({ ...one, id: `${one.element}/${one.name}` }));
  const unknown = wanted.filter((id) => !cases.some((one) => one.id === id));
  if (unknown.length > 0) {
    console.error(`${elements} has no test ${unknown.join(', ')}; --list says which it has`);
    return 2;
  }
  const chosen = wanted.length === 0 ? cases : cases.filter((one) => wanted.includes(one.id));
  if (values.list) {
    for (const { id, kind, formats } of chosen) console.log(`${id} (${kind}: ${formats.join(', ')})`);
    return 0;
  }
  const logs = resolve(values.logs);
  await mkdir(logs, { recursive: true });
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  let failed = 0;
  for (const one of chosen) {
    const result = await runCase(one, { elements, env, log: join(logs, `${one.element}_${one.name}.log`) });
    console.log(`${result.outcome === 'passed' ? 'PASS' : 'FAIL'}  ${one.id}  ${result.seconds.toFixed(1)} s`);
    if (result.outcome === 'passed') continue;
    failed += 1;
    console.log(`      ${result.reason}`);
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed; logs are in ${logs}`);
  return failed === 0 ? 0 : 1;
}
