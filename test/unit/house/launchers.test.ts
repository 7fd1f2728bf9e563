import { appendFile, cp, readdir, readFile, readlink, symlink, utimes } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import packageFile from '../../../package.json' with { type: 'json' };
import { run } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

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

test('a command starts from its joined modules, and from the source where any of it is newer', async () => {
  await using checkout = await folderTree({});
  const at = (name: string): string => `${checkout.path}/${name}`;
  for (const name of ['bin', 'package.json', 'scripts', 'src']) {
    await cp(`${root}/${name}`, at(name), { recursive: true, verbatimSymlinks: true });
  }
  await symlink(`${root}/node_modules`, at('node_modules'));
  await run('node', ['scripts/join-modules.ts'], { cwd: checkout.path });
  await appendFile(at('dist/bin/ingot.js'), 'console.log("joined");\n');
  const version = async () => (await run(at('bin/ingot'), ['--version'])).stdout;

  expect(await version()).toBe(`${packageFile.version}\njoined\n`);

  const later = Date.now() / 1000 + 60;
  await utimes(at('src/host/own-program.ts'), later, later);
  expect(await version()).toBe(`${packageFile.version}\n`);

  await utimes(at('src/host/own-program.ts'), 0, 0);
  expect(await version()).toBe(`${packageFile.version}\njoined\n`);
  await utimes(at('src/host'), later, later);
  expect(await version()).toBe(`${packageFile.version}\n`);
});
