import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, start } from '../../src/host/process.ts';
import { said } from '../support/cli.ts';
import { type HostState, hostState, processesWith } from '../support/host-state.ts';
import {
  build,
  buildEnvironment,
  buildWords,
  digestsIn,
  image,
  inLab,
  labMark,
  makeTwin,
  needServer,
  SERVER,
  tryBuild,
  writeLateHook,
} from '../support/image-build.ts';
import { seededRandom, seedOfRun } from '../support/random.ts';

const SEED = seedOfRun();

/** Where builds are killed: so many ms, at most, after a line of their log. */
const MOMENTS = [
  { victim: 'front', line: 'Running root.d/08-debootstrap', withinMs: 10_000 },
  { victim: 'builder', line: 'Running install.d/01-package-installs', withinMs: 10_000 },
  { victim: 'front', line: 'Running post-install.d/', withinMs: 3000 },
  { victim: 'builder', line: 'Running image files', withinMs: 1500 },
] as const;

/** Names, owners, modes, sizes and times of all files in an archive, to say in what two archives differ. */
async function listing(archive: string): Promise<readonly string[]> {
  const { stdout } = await run('tar', ['--list', '--verbose', '--numeric-owner', '--full-time', '--file', archive]);
  return stdout.split('\n');
}

async function pidOf(victim: 'front' | 'builder'): Promise<number> {
  const program = victim === 'front' ? /^\S*node .*disk-image-create\.[jt]s/ : /^\S*node .*builder\.[jt]s/;
  const found = (await processesWith(labMark())).find(({ command }) => program.test(command));
  if (found === undefined) throw new Error(`There is no ${victim} to kill`);
  return found.pid;
}

/** Starts the build and kills one of its processes some time after a line of its log. */
async function killAfter(
  { victim, line, withinMs }: (typeof MOMENTS)[number],
  fraction: number,
  twin: string,
): Promise<void> {
  const [command = '', ...args] = buildWords(SERVER, twin);
  const env = buildEnvironment(SERVER.env);
  const running = start(command, args, { env, cwd: inLab('out'), stdio: ['ignore', 'pipe', 'inherit'] });
  if (running.child.stdout === null) throw new Error('The build has no output');
  const lines = createInterface({ input: running.child.stdout });
  await new Promise<void>((resolve) => {
    lines.on('line', (text) => text.includes(line) && resolve());
    lines.on('close', resolve);
  });
  await wait(fraction * withinMs);
  process.kill(await pidOf(victim), 'SIGKILL');
  expect(await running.ended).toBe(victim === 'front' ? 137 : 1);
}

describe(`the same input (INGOT_TEST_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  let before: HostState;
  let cold: Readonly<Record<string, string>>;
  let twin: string;
  beforeAll(async () => {
    before = await hostState(labMark());
    await needServer();
    cold = await digestsIn('out');
    twin = await makeTwin('interrupted');
  });

  test('gives the same bytes when the build before was killed at random moments, and later failed', async () => {
    for (const moment of MOMENTS) {
      await killAfter(moment, random(), twin);
      await expect.poll(async () => await hostState(labMark()), { timeout: 20_000 }).toEqual(before);
    }
    await writeLateHook(42, twin);
    const failed = await tryBuild(SERVER, { twin });
    expect(failed.status, said(failed)).toBe(42);
    expect(said(failed)).toContain('post-install.d/90-late of element late ended with status 42');

    await writeLateHook(0, twin);
    const resumed = await build(SERVER, { twin });
    expect(said(resumed)).not.toContain('Unpacking openssh-server');

    expect(await listing(inLab(twin, 'out', basename(image(SERVER, 'tar'))))).toEqual(
      await listing(image(SERVER, 'tar')),
    );
    expect(await digestsIn(`${twin}/out`)).toEqual(cold);
    expect(await hostState(labMark())).toEqual(before);
  });

  test('gives the same bytes when every layer is restored and the disk is made anew', async () => {
    await build(SERVER, { twin });
    await run('rm', ['--recursive', inLab(twin, 'cache/ingot/images')]);

    const warm = await build(SERVER, { twin });

    expect(said(warm)).not.toContain('Unpacking openssh-server');
    expect(await digestsIn(`${twin}/out`)).toEqual(cold);
  });
});
