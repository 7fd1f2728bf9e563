import { readdir, readFile, readlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import packageFile from '../../../package.json' with { type: 'json' };
import { run } from '../../../src/host/process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('every command is a link to the one launcher, has an entry file, and is known to npm', async () => {
  const names = (await readdir(`${root}/bin`)).filter((name) => name !== 'ingot');
  const entries = await readdir(`${root}/src/bin`);
  const manifest: { bin: Record<string, string> } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));

  for (const name of names) {
    expect(await readlink(`${root}/bin/${name}`).catch(() => 'no link'), name).toBe('ingot');
    expect(entries).toContain(`${name}.ts`);
  }
  expect(Object.keys(manifest.bin).sort()).toEqual([...names, 'ingot'].sort());
});

test('a command starts for a service, which has no home', async () => {
  const { stdout } = await run(`${root}/bin/ingot`, ['--version'], { env: { PATH: '/usr/bin:/bin' } });

  expect(stdout).toBe(`${packageFile.version}\n`);
});
