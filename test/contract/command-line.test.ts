import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { start } from '../../src/host/process.ts';
import { hook, type Workshop, workshop } from '../support/cli.ts';

/** Starts a build whose hook waits for ever, and sends a signal as soon as the hook runs. */
async function stopWaitingBuild(shop: Workshop, signal: 'SIGINT' | 'SIGTERM'): Promise<number> {
  const [command = '', ...args] = shop.buildWords({ elements: ['waits'] });
  const build = start(command, args, {
    env: shop.environment(),
    cwd: shop.at('work'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout } = build.child;
  if (stdout === null) throw new Error('The build has no standard output');
  for await (const line of createInterface({ input: stdout })) {
    if (line === 'HOOK RUNS') build.child.kill(signal);
  }
  return await build.ended;
}

/** The event that ended the only build of a workshop. */
async function lastEvent(shop: Workshop): Promise<unknown> {
  const logs = shop.at('cache/ingot/logs');
  const [name = ''] = await readdir(logs);
  const text = await readFile(join(logs, name, 'events.ndjson'), 'utf8');
  return JSON.parse(text.trim().split('\n').at(-1) ?? '');
}

describe('disk-image-create', () => {
  test('ends with the status of the hook that failed', { tags: ['exit.hook'] }, async () => {
    await using shop = await workshop({ 'fails/install.d/10-fail': hook('echo "before the end"', 'exit 42') });

    const { status, stdout } = await shop.build({ elements: ['fails'] });

    expect(status).toBe(42);
    expect(stdout).toMatch(/install\.d\/10-fail of element fails ended with status 42(.|\n)*before the end/);
  });

  test.each([
    ['SIGINT', 130, 'install.d'],
    ['SIGTERM', 143, 'post-root.d'],
  ] as const)(
    'is stopped by %s with %i in %s, and leaves nothing behind',
    { tags: ['exit.terminated'] },
    async (signal, status, phase) => {
      await using shop = await workshop({ [`waits/${phase}/10-wait`]: hook('echo "HOOK RUNS"', 'sleep 1000 & wait') });
      const before = await shop.hostState();

      expect(await stopWaitingBuild(shop, signal)).toBe(status);

      expect(await shop.hostState()).toEqual(before);
      expect(await shop.leftovers()).toEqual([]);
      expect(await readdir(shop.path)).not.toContain('image.tar');
      expect(await lastEvent(shop)).toMatchObject({ outcome: 'cancelled', error: { code: 'CANCELLED' } });
    },
  );

  test('writes to the log file with times and prints nothing, and appends the next time', {
    tags: ['cli.logfile', 'streams.logfile-time'],
  }, async () => {
    await using shop = await workshop({ 'speaks/install.d/10-speak': hook('echo "a word"') });
    const options = ['--logfile', shop.at('log')];

    const { status, stdout } = await shop.build({ elements: ['speaks'], options });
    await shop.build({ elements: ['speaks'], options });

    expect(status).toBe(0);
    expect(stdout).toBe(`Output logs going to: ${shop.at('log')}\n`);
    const log = await readFile(shop.at('log'), 'utf8');
    expect(log).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| a word$/m);
    expect(log.match(/Building elements/g)).toHaveLength(2);
  });

  test('prints to the terminal and the log file where DIB_QUIET=0', { tags: ['cli.logfile'] }, async () => {
    await using shop = await workshop({ 'speaks/install.d/10-speak': hook('echo "a word"') });

    const { stdout } = await shop.build({
      elements: ['speaks'],
      options: ['--logfile', shop.at('log')],
      env: { DIB_QUIET: '0' },
    });

    expect(stdout).toContain('\na word\n');
    expect(await readFile(shop.at('log'), 'utf8')).toContain('| a word');
  });

  test('hands the words of its command line and its settings to the hooks', {
    tags: ['env.arguments', 'cli.arch'],
  }, async () => {
    await using shop = await workshop({
      'tells/install.d/10-tell': hook('echo "$IMAGE_NAME|$DIB_ARGS|$DIB_IMAGE_SIZE|$ARCH|$PRIVATE_NAME"'),
    });
    const options = ['--image-size', '2', '-a', 'arm64'];

    const { stdout } = await shop.build({ elements: ['tells'], options, env: { PRIVATE_NAME: 'x y' } });

    const args = shop.buildWords({ elements: ['tells'], options }).slice(1);
    expect(stdout).toContain(`\n${shop.at('image')}|${args.join(' ')}|2|arm64|x y\n`);
  });
});

describe('ingot', () => {
  test('plans what a build would run, and finds it all there after the build', async () => {
    await using shop = await workshop({ 'speaks/install.d/10-speak': hook('echo "a word" >/etc/word') });
    const words = ['--no-base', '-f', 'tar', '-o', shop.at('image'), 'fake-os', 'speaks'];
    const layers = async (): Promise<ReadonlySet<string>> => {
      const { status, stdout, stderr } = await shop.command('ingot', ['plan', '--json', ...words]);
      expect(status, stderr).toBe(0);
      const plan: { readonly steps: readonly { readonly id: string; readonly layer: string }[] } = JSON.parse(stdout);
      expect(plan.steps.map((step) => step.id)).toContain('install.d/10-speak');
      return new Set(plan.steps.map((step) => step.layer));
    };

    expect(await layers()).not.toContain('hit');
    expect((await shop.command('ingot', ['build', ...words])).status).toBe(0);
    const after = await layers();
    expect(after).toContain('hit');
    expect(after).not.toContain('miss');
  });

  test('prints the events of a build as lines of JSON', async () => {
    await using shop = await workshop();
    const words = ['--no-base', '-f', 'tar', '-o', shop.at('image'), 'fake-os'];

    const { status, stdout } = await shop.command('ingot', ['build', '--json', ...words]);

    expect(status).toBe(0);
    const events: readonly { readonly kind: string; readonly seq: number }[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(0)?.kind).toBe('build-started');
    expect(events.at(-1)).toMatchObject({ kind: 'build-finished', outcome: 'succeeded' });
  });

  test('says which element is missing and ends with 1, before anything begins', async () => {
    await using shop = await workshop();

    const { status, stdout, stderr } = await shop.command('ingot', ['build', '--quiet', '--no-base', 'fake-so']);

    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/There is no element "fake-so"(.|\n)*fake-os/);
  });
});
