import { readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackgroundProcess, runForStatus, start } from '../../src/host/process.ts';
import { isErrno } from '../../src/model/errno.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';
import { type HostState, processesWith } from '../support/host-state.ts';
import { seededRandom, seedOfRun } from '../support/random.ts';
import { type TestUser, testUser } from '../support/test-user.ts';

const SEED = seedOfRun();
const MOMENTS = Array.from({ length: 10 }, (_, index) => index + 1);

/** Hooks that mount, leave processes behind and take a while; `ROUND` makes every build run all of them anew. */
const ELEMENTS = {
  'busy/root.d/50-round': hook('echo "$ROUND" >"$TARGET_ROOT/round"'),
  'busy/extra-data.d/50-mount': hook('mkdir "$TMP_MOUNT_PATH/cache"', 'mount -t tmpfs mine "$TMP_MOUNT_PATH/cache"'),
  'busy/install.d/10-stray': hook('setsid sleep 300 >/dev/null 2>&1 </dev/null &', 'sleep 0.2'),
  'busy/install.d/20-write': hook('head -c 20000000 /dev/urandom >/opt-data', 'sleep 0.2'),
  'busy/finalise.d/10-wait': hook('sleep 0.2'),
};

interface KilledBuild {
  readonly shop: Workshop;
  readonly user: TestUser | undefined;
  readonly before: HostState;
  /** Milliseconds that a build takes when nobody disturbs it. */
  readonly wholeMs: number;
}

async function wordsOf(shop: Workshop, user: TestUser | undefined): Promise<readonly string[]> {
  const words = shop.buildWords({ elements: ['busy'], options: ['-t', 'raw,tar'] });
  return user === undefined ? words : await user.words(shop, words);
}

async function buildUndisturbed(shop: Workshop, user: TestUser | undefined, round: string): Promise<void> {
  const [command = '', ...args] = await wordsOf(shop, user);
  const result = await runForStatus(command, args, {
    env: shop.environment({ env: { ROUND: round, DIB_JOURNAL_SIZE: '8', OVERWRITE_OLD_IMAGE: '1' } }),
    cwd: shop.at('work'),
  });
  expect(result.status, said(result)).toBe(0);
}

async function startBuild(shop: Workshop, user: TestUser | undefined, round: string): Promise<BackgroundProcess> {
  const [command = '', ...args] = await wordsOf(shop, user);
  return start(command, args, {
    env: shop.environment({ env: { ROUND: round, DIB_JOURNAL_SIZE: '8', OVERWRITE_OLD_IMAGE: '1' } }),
    cwd: shop.at('work'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Builds once undisturbed, to know how long that takes, on a machine that is as it was before. */
async function prepare(user: TestUser | undefined, owned: AsyncDisposableStack): Promise<KilledBuild> {
  const shop = owned.use(await workshop(ELEMENTS));
  const before = await shop.hostState();
  await buildUndisturbed(shop, user, 'first');
  const startedAt = Date.now();
  await buildUndisturbed(shop, user, 'second');
  return { shop, user, before, wholeMs: Date.now() - startedAt };
}

async function expectNothingLeft({ shop, before }: KilledBuild): Promise<void> {
  // The kernel ends what a killed process held soon, but not at once.
  await expect.poll(async () => await shop.hostState(), { timeout: 10_000 }).toEqual(before);
}

async function expectNextBuildWorks(killed: KilledBuild, round: string): Promise<void> {
  await buildUndisturbed(killed.shop, killed.user, round);
  await expectNothingLeft(killed);
  expect(await killed.shop.leftovers()).toEqual([]);
  expect(await killed.shop.content('round')).toBe(`${round}\n`);
  const files = await readdir(killed.shop.path);
  expect(files.filter((name) => name.includes('image')).sort()).toEqual(['image.raw', 'image.tar']);
}

/** The process that runs `builder.ts`, once there is one; undefined when there is none any more. */
async function builderOf(shop: Workshop): Promise<number | undefined> {
  const isBuilder = (command: string) => /^\S*node .*builder\.[jt]s/.test(command);
  const find = async () => (await processesWith(shop.mark)).find(({ command }) => isBuilder(command))?.pid;
  await expect.poll(find, { timeout: 10_000, interval: 5 }).toBeTypeOf('number');
  return await find();
}

/**
 * Starts a build and sends a signal to it at a random moment. On a machine that is faster than a moment ago a build may be over by then:
 * that one does not count, and the next moment is an earlier one.
 * @returns exit status of the front
 */
async function strike(
  killed: KilledBuild,
  round: string,
  random: () => number,
  blow: { readonly target: 'front' | 'builder'; readonly signal: NodeJS.Signals },
): Promise<number> {
  for (let longestMs = 0.7 * killed.wholeMs; ; longestMs *= 0.7) {
    const build = await startBuild(killed.shop, killed.user, `${round}, ${longestMs}`);
    const pid = blow.target === 'front' ? build.pid : await builderOf(killed.shop);
    await wait(random() * longestMs);
    sendSignal(pid, blow.signal);
    const status = await build.ended;
    if (status !== 0) return status;
  }
}

/** Does nothing when there is no such process any more. */
function sendSignal(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

for (const kind of ['root', 'a user with sub-uids'] as const) {
  describe(`a build by ${kind} that is killed (INGOT_TEST_SEED=${SEED})`, () => {
    const random = seededRandom(SEED);
    const owned = new AsyncDisposableStack();
    let user: TestUser | undefined;
    let killed: KilledBuild;
    beforeAll(async () => {
      user = kind === 'root' ? undefined : owned.use(await testUser());
      killed = await prepare(user, owned);
    });
    afterAll(async () => await owned.disposeAsync());

    test.each(MOMENTS)('with SIGKILL of the front, moment %i: nothing stays, the next start tidies', async (moment) => {
      const ended = await strike(killed, `front ${moment}`, random, { target: 'front', signal: 'SIGKILL' });

      expect(ended).toBe(137);
      await expectNothingLeft(killed);
    });

    test('builds as if nothing had happened after the front was killed', async () => {
      await expectNextBuildWorks(killed, 'after the front');
    });

    test.each(MOMENTS)('with SIGKILL of the builder, moment %i: the front tidies and says so', async (moment) => {
      const ended = await strike(killed, `builder ${moment}`, random, { target: 'builder', signal: 'SIGKILL' });

      expect(ended).toBe(1);
      await expectNothingLeft(killed);
      expect(await killed.shop.leftovers()).toEqual([]);
    });

    test('builds as if nothing had happened after the builder was killed', async () => {
      await expectNextBuildWorks(killed, 'after the builder');
    });

    test.each([
      ['SIGTERM', 143],
      ['SIGINT', 130],
      ['SIGHUP', 129],
    ] as const)('with %s ends with %i at any moment and has tidied', async (signal, status) => {
      const ended = await strike(killed, signal, random, { target: 'front', signal });

      expect(ended).toBe(status);
      await expectNothingLeft(killed);
      expect(await killed.shop.leftovers()).toEqual([]);
    });
  });
}
