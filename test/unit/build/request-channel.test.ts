import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { RequestChannel, type RequestHandler } from '../../../src/build/request-channel.ts';
import { type RunResult, run, runForStatus, start } from '../../../src/host/process.ts';
import { IngotError } from '../../../src/model/error.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

const CLIENT = fileURLToPath(new URL('../../../lib/ingot-request', import.meta.url));

async function openChannel(folder: FolderTree, handlers: Readonly<Record<string, RequestHandler>>) {
  return await RequestChannel.open(join(folder.path, 'channel'), { 'ingot-request': CLIENT }, handlers);
}

async function ask(channel: RequestChannel, words: readonly string[], input?: string): Promise<RunResult> {
  return await runForStatus('bash', [join(channel.folder, 'ingot-request'), ...words], { input });
}

const echo: RequestHandler = async ({ args, input }) => ({ status: 0, stdout: [...args, input].join('|'), stderr: '' });

test('a hook gets what the builder answers, as if a command had run', async () => {
  await using folder = await folderTree();
  await using channel = await openChannel(folder, {
    say: async () => ({ status: 7, stdout: 'one\n\n3 three\n', stderr: 'a warning' }),
  });

  const result = await ask(channel, ['say']);

  expect(result).toMatchObject({ status: 7, stdout: 'one\n\n3 three\n', stderr: 'a warning\n' });
});

test('words arrive as they are: blanks, line ends, quotes, empty ones, letters of all kinds', async () => {
  await using folder = await folderTree();
  await using channel = await openChannel(folder, { echo });
  const words = ['a b', '', '"quoted" $HOME `x`', 'two\nlines', 'päckchen 包裹', '-', '*'];

  const { stdout } = await ask(channel, ['echo', ...words]);

  expect(stdout).toBe(`${[...words, ''].join('|')}\n`);
});

test('carriage returns and lines that look like marks survive in an answer', async () => {
  await using folder = await folderTree();
  const text = '1one\r2two\n=3\n#4\n';
  await using channel = await openChannel(folder, { say: async () => ({ status: 0, stdout: text, stderr: '' }) });

  expect((await ask(channel, ['say'])).stdout).toBe(text);
});

test('standard input is sent along, also when it is large', async () => {
  await using folder = await folderTree();
  await using channel = await openChannel(folder, {
    count: async ({ input }) => ({ status: 0, stdout: String(input.length), stderr: '' }),
  });

  expect((await ask(channel, ['-', 'count'], 'x'.repeat(3_000_000))).stdout).toBe('3000000\n');
  expect((await ask(channel, ['count'])).stdout).toBe('0\n');
});

test('an answer may be larger than the kernel buffers', async () => {
  await using folder = await folderTree();
  const text = `${'y'.repeat(99)}\n`.repeat(20_000);
  await using channel = await openChannel(folder, { say: async () => ({ status: 0, stdout: text, stderr: '' }) });

  expect((await ask(channel, ['say'])).stdout).toBe(text);
});

test("the caller's environment is sent along", async () => {
  await using folder = await folderTree();
  await using channel = await openChannel(folder, {
    tell: async ({ env }) => ({ status: 0, stdout: `${env.ODD}`, stderr: '' }),
  });

  const { stdout } = await run('bash', [join(channel.folder, 'ingot-request'), 'tell'], {
    env: { PATH: process.env.PATH ?? '', ODD: 'a=b\nc' },
  });

  expect(stdout).toBe('a=b\nc\n');
});

test('a handler that fails ends the command with 1, its message and hint, and the error is remembered once', async () => {
  await using folder = await folderTree();
  const error = new IngotError('PACKAGE_UNKNOWN', 'No package tre', { hint: 'Did you mean tree?', tail: ['E: oops'] });
  await using channel = await openChannel(folder, {
    fail: async () => {
      throw error;
    },
  });

  const result = await ask(channel, ['fail']);

  expect(result).toMatchObject({ status: 1, stdout: '', stderr: 'No package tre\nE: oops\nDid you mean tree?\n' });
  expect(channel.takeFault()).toBe(error);
  expect(channel.takeFault()).toBeUndefined();
});

test('an unknown verb is refused with those there are', async () => {
  await using folder = await folderTree();
  await using channel = await openChannel(folder, { echo });

  const result = await ask(channel, ['ecko']);

  expect(result).toMatchObject({ status: 2, stderr: 'ingot-request: unknown verb ecko; there are: echo\n' });
});

test('requests at one time are answered one after the other, each to its own asker', async () => {
  await using folder = await folderTree();
  let running = 0;
  await using channel = await openChannel(folder, {
    slow: async (call) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return await echo(call);
    },
  });
  const names = Array.from({ length: 8 }, (_, index) => `asker ${index} ${'x'.repeat(70_000)}`);

  const answers = await Promise.all(names.map(async (name) => await ask(channel, ['-', 'slow'], name)));

  expect(answers.map(({ stdout }) => stdout)).toEqual(names.map((name) => `${name}\n`));
});

test('an answer for a program that is dead is not taken by the next one', async () => {
  await using folder = await folderTree();
  const { promise: asked, resolve: tellAsked } = Promise.withResolvers<void>();
  const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>();
  await using channel = await openChannel(folder, {
    wait: async () => {
      tellAsked();
      await mayAnswer;
      return { status: 3, stdout: 'stale', stderr: '' };
    },
    echo,
  });
  const doomed = start('bash', [join(channel.folder, 'ingot-request'), 'wait'], { stdio: 'ignore' });
  await asked;
  doomed.child.kill('SIGKILL');
  await doomed.ended;
  letAnswer();

  const next = await ask(channel, ['echo', 'fresh']);

  expect(next).toMatchObject({ status: 0, stdout: 'fresh|\n' });
});

test('a channel can be closed while an answer waits for nobody', async () => {
  await using folder = await folderTree();
  const { promise: asked, resolve: tellAsked } = Promise.withResolvers<void>();
  const channel = await openChannel(folder, {
    wait: async () => {
      tellAsked();
      return { status: 0, stdout: 'z'.repeat(1_000_000), stderr: '' };
    },
  });
  const doomed = start('bash', [join(channel.folder, 'ingot-request'), 'wait'], { stdio: 'ignore' });
  await asked;
  doomed.child.kill('SIGKILL');
  await doomed.ended;

  await expect(channel[Symbol.asyncDispose]()).resolves.toBeUndefined();
});
