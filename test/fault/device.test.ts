import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reclaimAbandoned } from '../../src/host/lease.ts';
import { run, runForStatus, start } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';
import { checkExt } from '../support/disk-image.ts';
import { folderTree } from '../support/folder-tree.ts';
import { type HostState, processesWith } from '../support/host-state.ts';
import { seededRandom, seedOfRun } from '../support/random.ts';

const SEED = seedOfRun();

async function fileOf(device: string): Promise<string | undefined> {
  const text = await readFile(join('/sys/block', device.slice('/dev/'.length), 'loop/backing_file'), 'utf8').catch(
    () => undefined,
  );
  return text?.trim();
}

/** A folder of a build that died, named in its lease. */
async function abandonedFolder() {
  const folder = await folderTree();
  const owned = join(folder.path, 'dib_image.0123abcd');
  await mkdir(owned);
  await folder.write({ 'journal/dead.json': JSON.stringify([owned]) });
  return { folder, owned, journal: join(folder.path, 'journal') };
}

test('a loop device of a build that was killed goes at the next start, and those of others stay', async () => {
  const { folder, owned, journal } = await abandonedFolder();
  await using _folder = folder;
  await folder.write({ 'dib_image.0123abcd/disk.raw': 'x'.repeat(4096), 'other.raw': 'x'.repeat(4096) });
  const attach = async (file: string) => (await run('losetup', ['--find', '--show', file])).stdout.trim();
  const [ours, others] = [await attach(join(owned, 'disk.raw')), await attach(join(folder.path, 'other.raw'))];

  await reclaimAbandoned(journal, 'root');

  const left = [await fileOf(ours), await fileOf(others)];
  await run('losetup', ['--detach', others]);
  expect(left).toEqual([undefined, join(folder.path, 'other.raw')]);
});

test('a loop device of a file in memory is found by the name of the file when its folder is gone', async () => {
  const { folder, owned, journal } = await abandonedFolder();
  await using _folder = folder;
  const script =
    'mount -t tmpfs memory "$0" && truncate -s 1M "$0/dib_image.0123abcd.raw" && losetup --find --show "$0/dib_image.0123abcd.raw"';
  const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, owned]);
  const before = await fileOf(stdout.trim());

  await reclaimAbandoned(journal, 'root');

  expect([before, await fileOf(stdout.trim())]).toEqual(['/dib_image.0123abcd.raw', undefined]);
});

describe(`a build on a block device that is killed (INGOT_TEST_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  const owned = new AsyncDisposableStack();
  let shop: Workshop;
  let before: HostState;
  beforeAll(async () => {
    shop = owned.use(
      await workshop({
        'busy/pre-finalise.d/10-disk': hook(
          'sleep 0.1; head -c 20000000 /dev/urandom >"$TMP_MOUNT_PATH/data"; : "$IMAGE_BLOCK_DEVICE"',
        ),
        'busy/finalise.d/10-wait': hook('sleep 0.2; ls /data'),
      }),
    );
    before = await shop.hostState();
    expect((await runForStatus(...words())).status).toBe(0);
  });
  afterAll(async () => await owned.disposeAsync());

  function words(): [string, string[], { env: Environment; cwd: string }] {
    const [command = '', ...args] = shop.buildWords({ elements: ['busy'], options: ['-t', 'raw'] });
    const env = { DIB_IMAGE_SIZE: '0.2', DIB_JOURNAL_SIZE: '8', OVERWRITE_OLD_IMAGE: '1' };
    return [command, args, { env: shop.environment({ env }), cwd: shop.at('work') }];
  }

  /** Starts a build and sends a signal at a random moment after the disk was attached. */
  async function strike(target: 'front' | 'builder', signal: NodeJS.Signals): Promise<number> {
    const [command, args, options] = words();
    const build = start(command, args, { ...options, stdio: 'ignore' });
    const attached = async () => (await shop.hostState()).loopDevices.length > before.loopDevices.length;
    await expect.poll(attached, { timeout: 60_000, interval: 1 }).toBe(true);
    const builder = (await processesWith(shop.mark)).find((one) => /^\S*node .*builder\.[jt]s/.test(one.command));
    await wait(random() * 500);
    const pid = target === 'front' ? build.pid : builder?.pid;
    if (pid === undefined) throw new Error(`There is no ${target} to send ${signal} to`);
    process.kill(pid, signal);
    return await build.ended;
  }

  test.each([
    ['front', 'SIGKILL', 137],
    ['front', 'SIGKILL', 137],
    ['front', 'SIGKILL', 137],
    ['builder', 'SIGKILL', 1],
    ['builder', 'SIGKILL', 1],
    ['front', 'SIGTERM', 143],
  ] as const)('its %s with %s: no loop device and no mount stays', async (target, signal, status) => {
    expect(await strike(target, signal)).toBe(status);

    await expect.poll(async () => await shop.hostState(), { timeout: 10_000 }).toEqual(before);
  });

  test('builds as if nothing had happened afterwards', async () => {
    const result = await runForStatus(...words());

    expect(result.status, said(result)).toBe(0);
    expect(await checkExt(shop.at('image.raw'), 0)).toBe('');
    expect(await shop.hostState()).toEqual(before);
    expect(await shop.leftovers()).toEqual([]);
  });
});
