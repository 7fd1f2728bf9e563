import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { VERSION } from '../src/commands/version.ts';
import { run } from '../src/host/process.ts';
import { buildDeb } from './deb.ts';
import { type PackageInput, targetOf } from './package-input.ts';
import { buildRpm } from './rpm.ts';
import { stageTree } from './stage.ts';

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: 'build/packages' },
    version: { type: 'string', default: VERSION },
    only: { type: 'string' },
  },
});

const builders = { deb: buildDeb, rpm: buildRpm };
const kinds = (['deb', 'rpm'] as const).filter((kind) => values.only === undefined || values.only === kind);
if (kinds.length === 0) throw new Error(`--only takes deb or rpm, not ${values.only}`);

const work = await mkdtemp(join(tmpdir(), 'ingot-packages-'));
try {
  const input: PackageInput = {
    version: values.version,
    target: targetOf(process.arch),
    epoch: process.env.SOURCE_DATE_EPOCH ?? (await run('git', ['log', '-1', '--format=%ct'])).stdout.trim(),
    tree: join(work, 'tree'),
    work,
    output: resolve(values.output),
  };
  await stageTree(input);
  // One after the other: their trees are links to the same files.
  for (const kind of kinds) console.log(await builders[kind](input));
} finally {
  await rm(work, { recursive: true, force: true });
}
