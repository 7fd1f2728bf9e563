import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runForStatus } from '../../../src/host/process.ts';

/** A program that writes its name and arguments to `log` and then runs `rest`. */
const recorder = (rest: string) => `#!/bin/sh\necho "\${0##*/} $*" >>log\n${rest}\n`;
const MAKES_PACKAGES =
  'mkdir -p node_modules/.bin && cp bin/ingot node_modules/.bin/node && : >node_modules/.package-lock.json';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-setup-'));
  for (const name of ['scripts', 'bin', 'path']) await mkdir(join(folder, name));
  await copyFile('scripts/setup', join(folder, 'scripts/setup'));
  await writeFile(join(folder, 'package-lock.json'), '{}\n');
  await program('bin/ingot', recorder(''));
  await program('path/npm', recorder(MAKES_PACKAGES));
  await program('path/apt-get', recorder(''));
  await program('path/sudo', 'exec "$@"\n');
  await program('path/dpkg-query', 'for package in "$@"; do :; done\n[ "$package" = gdisk ] || echo installed\n');
});

afterEach(async () => await rm(folder, { recursive: true }));

describe('the set-up of a checkout', () => {
  it('installs npm packages first, then host tools', async () => {
    expect(await setup()).toEqual({ status: 0, log: ['npm ci', 'ingot doctor --install'] });
  });

  it('leaves current npm packages alone', async () => {
    await setup();

    expect(await setup()).toEqual({ status: 0, log: ['ingot doctor --install'] });
  });

  it('installs npm packages again when the lockfile is newer', async () => {
    await setup();
    const later = new Date(Date.now() + 60_000);
    await utimes(join(folder, 'package-lock.json'), later, later);

    expect((await setup()).log).toContain('npm ci');
  });

  it('ends with the status of npm when npm fails, before anything else', async () => {
    await program('path/npm', recorder('exit 7'));

    expect(await setup()).toEqual({ status: 7, log: ['npm ci'] });
  });

  it('installs for the tests the Debian packages that are missing, and no others', async () => {
    const { status, log } = await setup('tests');

    expect(status).toBe(0);
    expect(log.slice(2)).toEqual(['apt-get update -q', 'apt-get install -q -y --no-install-recommends gdisk']);
  });
});

async function setup(...args: readonly string[]) {
  await rm(join(folder, 'log'), { force: true });
  const env = { PATH: `${join(folder, 'path')}:/usr/bin:/bin` };
  const { status } = await runForStatus('sh', [join(folder, 'scripts/setup'), ...args], { cwd: folder, env });
  return { status, log: (await readFile(join(folder, 'log'), 'utf8')).trimEnd().split('\n') };
}

async function program(path: string, text: string): Promise<void> {
  await writeFile(join(folder, path), text.startsWith('#!') ? text : `#!/bin/sh\n${text}`);
  await chmod(join(folder, path), 0o755);
}
