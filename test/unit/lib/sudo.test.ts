import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runForStatus } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';

const SUDO = fileURLToPath(new URL('../../../lib/host-bin/sudo', import.meta.url));

const HOOK: Environment = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/home/me',
  LC_ALL: 'C',
  http_proxy: 'http://proxy',
  TMPDIR: '/home/me/tmp',
  ARCH: 'amd64',
  PYTHONPATH: '/modules',
  BASH_ENV: '/nowhere',
  'BASH_FUNC_die%%': '() { exit 9; }',
};

/** Names and values of the environment that a command under sudo sees, beside what its shell makes itself. */
async function seen(...options: readonly string[]): Promise<Environment> {
  const { stdout } = await runForStatus(SUDO, [...options, 'env'], { env: HOOK });
  const pairs = stdout
    .trimEnd()
    .split('\n')
    .map((line): [string, string] => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=')];
    });
  const { PATH: _path, SHLVL: _level, PWD: _folder, _: _last, ...env } = Object.fromEntries(pairs);
  return env;
}

const KEPT = { HOME: '/home/me', LC_ALL: 'C', http_proxy: 'http://proxy' };

describe('the sudo of hooks on the host', () => {
  test('lets little of the environment through', async () => {
    expect(await seen()).toEqual({ ...KEPT, USER: 'root', LOGNAME: 'root' });
    expect(await seen('-n', '-H')).toEqual({ ...KEPT, USER: 'root', LOGNAME: 'root' });
  });

  test.each([[['-E']], [['--preserve-env']], [['-nE']]])('keeps the environment with %s', async (options) => {
    expect(await seen(...options)).toMatchObject({ TMPDIR: '/home/me/tmp', ARCH: 'amd64', PYTHONPATH: '/modules' });
  });

  test('lets through what it is told to, and sets what stands before the command', async () => {
    expect(await seen('--preserve-env=ARCH,TMPDIR', 'TMPDIR=/tmp', 'OWN=x y')).toEqual({
      ...KEPT,
      ...{ USER: 'root', LOGNAME: 'root', ARCH: 'amd64', TMPDIR: '/tmp', OWN: 'x y' },
    });
  });

  test('ends with the status of the command', async () => {
    const { status } = await runForStatus(SUDO, ['sh', '-c', 'exit 7'], { env: HOOK });

    expect(status).toBe(7);
  });
});
