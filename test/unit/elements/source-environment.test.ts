import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collectHookTree } from '../../../src/elements/hook-tree.ts';
import { RUN_HOOK, sourceEnvironment } from '../../../src/elements/source-environment.ts';
import { run } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';
import { type FileTexts, folderTree } from '../../support/folder-tree.ts';

const PATH = '/usr/bin:/bin';

async function source(files: FileTexts, env: Environment = {}): Promise<Environment> {
  await using tree = await folderTree(files);
  const folder = join(tree.path, 'environment.d');
  return await sourceEnvironment({ folder, env: { PATH, ...env }, cwd: tree.path, scratch: tree.path });
}

describe('what the files export', () => {
  test('is returned with the environment before, in lexical order of the files', async () => {
    const env = await source(
      {
        'environment.d/20-e': 'export ORDER="$ORDER 20"; local=kept; plain=lost',
        'environment.d/100-e.bash': `export ORDER="\${ORDER:-} 100"`,
        'environment.d/not this': 'exit 9',
      },
      { KEPT: 'line one\nline two', SHLVL: '7' },
    );

    expect(env).toEqual({ PATH, KEPT: 'line one\nline two', SHLVL: '7', ORDER: ' 100 20' });
  });

  test('may be a function, which a hook then has', async () => {
    const env = await source({ 'environment.d/10-f': 'greet() { echo "hello $1"; }\nexport -f greet' });

    expect((await run('bash', ['-c', 'greet you'], { env })).stdout).toBe('hello you\n');
  });

  test('is the environment before when there is no environment.d', async () => {
    expect(await source({}, { A: '1' })).toEqual({ PATH, A: '1' });
  });

  test('may use "local", as files do that were written for a function', async () => {
    expect(await source({ 'environment.d/10-l': 'local x=1\nexport X=$x' })).toEqual({ PATH, X: '1' });
  });
});

describe('a failure', () => {
  test.each([
    ['a failing command', '\nfalse\n', 1, 2],
    ['an unset variable', '\n\necho "$NOT_SET_HERE"\n', 1, 3],
    ['a required variable', `export A=\${NOT_SET_HERE:?set it}\n`, 1, 1],
    ['a failure inside a function', 'f() {\n  (exit 5)\n}\nf\n', 5, 2],
    ['a failing part of a pipe', 'true\n(exit 4) | cat\n', 4, 2],
    ['a syntax error', 'true\nif then\n', 2, 2],
  ])('of %s tells element, file, line and status', async (_name, text, status, line) => {
    await using tree = await folderTree({ 'broken/environment.d/10-bad': text });
    const nodes = await collectHookTree([
      { name: 'broken', path: join(tree.path, 'broken'), needs: [], provides: [], hides: [] },
    ]);
    const options = {
      folder: join(tree.path, 'broken/environment.d'),
      env: { PATH },
      cwd: tree.path,
      scratch: tree.path,
    };

    await expect(sourceEnvironment({ ...options, nodes })).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: expect.stringContaining(`environment.d/10-bad of element broken ended with status ${status}`),
      details: { exitStatus: status, place: { file: join(tree.path, 'broken/environment.d/10-bad'), line } },
    });
  });

  test('keeps the status of an exit, and shows what was printed before it', async () => {
    await expect(source({ 'environment.d/10-x': 'echo "amd64 only" >&2\nexit 42\n' })).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      details: { exitStatus: 42, tail: ['amd64 only'] },
    });
  });

  test('is also an exit with status 0, because no hook would run after it', async () => {
    await expect(source({ 'environment.d/10-x': 'exit 0\n' })).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      details: { exitStatus: 1 },
    });
  });
});

test('runs a hook that has no interpreter line, and passes its status on', async () => {
  await using tree = await folderTree({ hook: `exec:echo "\${BASH_VERSION:+bash} $1"\nexit 6\n` });

  const result = await run(RUN_HOOK, [join(tree.path, 'hook'), 'word'], { env: { PATH }, okStatuses: [6] });

  expect(result.stdout).toBe('bash word\n');
});
