import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start } from '../../src/host/process.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';
import { processesWith } from '../support/host-state.ts';

test('a root tree that stays empty is told by its code', async () => {
  await using shop = await workshop({
    'empty-os/element-provides': 'operating-system\n',
    'empty-os/root.d/10-nothing': hook('true'),
  });

  const result = await shop.command('disk-image-create', ['-n', '-t', 'tar', '-o', shop.at('image'), 'empty-os']);

  expect(result.status).toBe(1);
  expect(codeIn(said(result))).toBe('ROOT_EMPTY');
});

test('a hook that makes a block device is refused before any hook runs where there is to be none', async () => {
  await using shop = await workshop({
    'device/block-device.d/10-loop': hook('echo IMAGE_BLOCK_DEVICE=/dev/loop0'),
    'device/root.d/01-first': hook('echo "RAN first"'),
  });

  const result = await shop.build({ elements: ['device'], env: { DIB_DEVICE_MODE: 'never' } });

  expect(result.status).toBe(1);
  expect(codeIn(said(result))).toBe('DEVICE_NEEDED');
  expect(said(result)).toContain('block-device.d/10-loop of element device');
  expect(said(result)).not.toContain('RAN first');
});

test('a builder process that is killed is told as such', async () => {
  await using shop = await workshop({ 'slow/install.d/10-slow': hook('sleep 300') });
  const [command = '', ...args] = shop.buildWords({ elements: ['slow'] });
  const build = start(command, args, { env: shop.environment(), cwd: shop.at('work'), stdio: 'ignore' });
  const isAtHook = async () => (await processesWith(shop.mark)).some((one) => one.command.includes('sleep 300'));
  await expect.poll(isAtHook, { timeout: 30_000 }).toBe(true);

  const builder = (await processesWith(shop.mark)).find((one) => /^\S*node .*builder\.[jt]s/.test(one.command));
  process.kill(builder?.pid ?? 0, 'SIGKILL');

  expect(await build.ended).toBe(1);
  expect(await lastErrorOf(shop)).toMatchObject({ code: 'BUILDER_DIED' });
});

/** The code that the text of a failure names. */
function codeIn(text: string): string | undefined {
  return /^ *code +([A-Z_]+)$/m.exec(text)?.[1];
}

/** The error of the last event of the only build of a workshop. */
async function lastErrorOf(shop: Workshop): Promise<unknown> {
  const logs = join(shop.path, 'cache/ingot/logs');
  const [build = ''] = await readdir(logs);
  const lines = (await readFile(join(logs, build, 'events.ndjson'), 'utf8')).trimEnd().split('\n');
  const last: { error?: unknown } = JSON.parse(lines.at(-1) ?? '{}');
  return last.error;
}
