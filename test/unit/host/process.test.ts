import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run, runForStatus, start } from '../../../src/host/process.ts';
import { IngotError } from '../../../src/model/error.ts';
import { folderTree } from '../../support/folder-tree.ts';

test('gives back both streams, the status and the last lines of both', async () => {
  const result = await runForStatus('bash', ['-c', 'echo one; echo two >&2; exit 3']);

  expect(result).toMatchObject({ status: 3, stdout: 'one\n', stderr: 'two\n' });
  expect([...result.tail].sort()).toEqual(['one', 'two']);
});

test('keeps the last 40 lines of a long output', async () => {
  const { tail } = await runForStatus('seq', ['1000'], { collects: false });

  expect(tail).toEqual(Array.from({ length: 40 }, (_, index) => String(961 + index)));
});

test('hands on whole lines as they come, also the last one without its end', async () => {
  const lines: string[] = [];

  await run('bash', ['-c', 'printf "a\\n\\nb"; printf "äö" >&2'], {
    onLine: (line, stream) => lines.push(`${stream} ${line}`),
  });

  expect(lines.filter((line) => line.startsWith('stdout'))).toEqual(['stdout a', 'stdout ', 'stdout b']);
  expect(lines).toContain('stderr äö');
});

test('letters that arrive in two pieces, or that are cut off at the end, do not get lost', async () => {
  const { stdout } = await run('bash', ['-c', 'printf "\\xc3"; sleep 0.05; printf "\\xa4 \\xc3"']);

  expect(stdout).toBe('ä \uFFFD');
});

test('keeps every byte where that is asked for', async () => {
  const { stdout } = await run('printf', ['\\xff\\x00\\xc3'], { encoding: 'latin1' });

  expect(Buffer.from(stdout, 'latin1')).toEqual(Buffer.from([0xff, 0, 0xc3]));
});

test('a program that fails is named with its words and its last lines', async () => {
  const failure = run('bash', ['-c', 'echo because; exit 4']);

  await expect(failure).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: 'bash ended with status 4',
    details: { tail: ['$ bash -c echo because; exit 4', 'because'] },
  });
});

test('a status that is expected is no failure', async () => {
  expect((await run('bash', ['-c', 'exit 4'], { okStatuses: [0, 4] })).status).toBe(4);
});

test('a missing program is named with the package that has it', async () => {
  await expect(run('qemu-img', [], { env: { PATH: '/nowhere' } })).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: 'The program qemu-img is not installed',
    hint: expect.stringContaining('qemu-utils'),
  });
  await expect(run('no-such-program', [])).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    hint: 'Install no-such-program.',
  });
});

test.each([
  ['TERM', 143],
  ['KILL', 137],
  ['PIPE', 141],
])('a program that signal %s ends has status %i', async (signal, status) => {
  expect((await runForStatus('bash', ['-c', `kill -${signal} $$`])).status).toBe(status);
});

test('an abort kills the program, and is told as such', async () => {
  const controller = new AbortController();
  const running = run('sleep', ['1000'], { signal: controller.signal });

  controller.abort();

  await expect(running).rejects.toMatchObject({ code: 'CANCELLED', message: 'sleep was stopped' });
});

test('nothing is started once it is too late', async () => {
  const error = new IngotError('CANCELLED', 'stopped by a signal');

  await expect(run('sleep', ['1000'], { signal: AbortSignal.abort(error) })).rejects.toBe(error);
  await expect(run('sleep', ['1000'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('input larger than a pipe arrives whole, and may be left unread', async () => {
  const input = 'x'.repeat(1_000_000);

  expect((await run('wc', ['--bytes'], { input })).stdout.trim()).toBe('1000000');
  expect((await run('true', [], { input })).status).toBe(0);
});

test('the environment is the one given and nothing else', async () => {
  expect((await run('env', [], { env: { PATH: '/usr/bin:/bin', ONE: '1' } })).stdout).toBe(
    'PATH=/usr/bin:/bin\nONE=1\n',
  );
});

test('a program in the background tells its status when it ends', async () => {
  const background = start('sleep', ['1000'], { stdio: 'ignore' });

  background.child.kill('SIGTERM');

  expect(await background.ended).toBe(143);
});

test('a program that opens its output streams anew can do so where it gets pipes', async () => {
  await using folder = await folderTree();

  const result = await run('bash', ['-c', 'echo one >/dev/stdout; echo two >/dev/stderr; seq 100000 | tee /dev/null'], {
    pipesIn: folder.path,
  });

  expect(result.stdout).toMatch(/^one\n1\n2\n(.|\n)*\n100000\n$/);
  expect(result.stderr).toBe('two\n');
});

test('programs that get pipes share the FIFOs that were made at once, each of which is used once', async () => {
  await using folder = await folderTree();
  const echo = async (word: string) =>
    (await run('bash', ['-c', 'echo "$0" >/dev/stdout', word], { pipesIn: folder.path })).stdout;

  expect(await echo('one')).toBe('one\n');
  const spare = await readdir(folder.path);
  expect(await Promise.all([echo('two'), echo('three')])).toEqual(['two\n', 'three\n']);

  const left = await readdir(folder.path);
  expect(spare.every((name) => name.startsWith('spare-fifo-'))).toBe(true);
  expect(spare).toEqual(expect.arrayContaining(left));
  expect(left).toHaveLength(spare.length - 4);
});

test('pipes hold nobody up: a missing program, an abort, a program that says nothing', async () => {
  await using folder = await folderTree();
  const controller = new AbortController();
  const aborted = run('sleep', ['1000'], { pipesIn: folder.path, signal: controller.signal });
  setImmediate(() => controller.abort());

  await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(run('no-such-program', [], { pipesIn: folder.path })).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  expect(await run('true', [], { pipesIn: folder.path })).toMatchObject({ status: 0, stdout: '', stderr: '' });
});
