import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { openFuelLog } from '../../../src/report/fuel-log.ts';
import { folderTree } from '../../support/folder-tree.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const EVENTS: readonly BuildEventBody[] = [
  { kind: 'step-started', step: 'root.d/08-fuel-bootstrap' },
  {
    kind: 'step-output',
    step: 'root.d/08-fuel-bootstrap',
    stream: 'stdout',
    line: 'Get http://ann:secret@mirror/ubuntu',
  },
  { kind: 'step-finished', step: 'root.d/08-fuel-bootstrap', outcome: 'ran', ms: 1 },
  { kind: 'step-finished', step: 'packages', outcome: 'hit', ms: 1 },
  { kind: 'step-output', step: 'x', stream: 'stdout', line: 'the password is sea breeze' },
];

test('has every line behind its date, the phrases that Astute follows, and no secrets', async () => {
  await using folder = await folderTree();
  const path = join(folder.path, 'logs/fuel-agent-env-1.log');

  // The phrases stay whole where a secret is a part of one.
  const environment = { ROOT_PASSWORD: 'sea breeze', API_TOKEN: 'build' };
  const log = await openFuelLog({ path, environment, now: () => NOON });
  for (const [seq, body] of EVENTS.entries()) log.take({ ...body, seq, at: NOON, buildId: 'b' });
  log.sayEnd();
  await log.close();

  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  // As Astute's parser of this log reads a line.
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d{2}-\d{2}\s\d{2}:\d{2}:\d{2}/);
  expect(lines.map((line) => line.replace('2026-11-21 12:00:00.000 | ', ''))).toEqual([
    '--- Building image (do_build_image) ---',
    '*** Shipping image content ***',
    'ingot Running root.d/08-fuel-bootstrap',
    'Get http://***@mirror/ubuntu',
    'ingot root.d/08-fuel-bootstrap completed',
    'Running deboostrap completed',
    'ingot packages restored from its layer',
    'Running apt-get install completed',
    'the password is ***',
    '--- Building image END (do_build_image) ---',
  ]);
});

test('goes on in the file of an earlier build', async () => {
  await using folder = await folderTree({ 'env.log': 'earlier\n' });
  const path = join(folder.path, 'env.log');

  const log = await openFuelLog({ path, environment: {}, now: () => NOON });
  await log.close();

  expect((await readFile(path, 'utf8')).split('\n')[0]).toBe('earlier');
});

test('a log that cannot be written is an error that names its variable', async () => {
  await using folder = await folderTree({ file: '' });
  const log = openFuelLog({ path: join(folder.path, 'file/x.log'), environment: {}, now: () => NOON });

  await expect(log).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
    message: expect.stringContaining('x.log'),
    hint: expect.stringContaining('FUEL_IMAGE_LOGS'),
  });
});
