import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runForStatus } from '../../../src/host/process.ts';
import { filesOfProject } from '../../support/project-files.ts';

const ROOMS = [
  'model',
  'yaml',
  'host',
  'elements',
  'packages',
  'layers',
  'disk',
  'base-images',
  'formats',
  'assertions',
  'jobs',
  'spec',
  'plan',
  'build',
  'report',
  'commands',
  'bin',
];

const FORBIDDEN_IMPORTS = [
  { wall: 'model-imports-nothing', file: 'src/model/imports-machine.ts', imports: 'node:fs' },
  { wall: 'yaml-imports-model', file: 'src/yaml/imports-host.ts', imports: '../host/target.ts' },
  { wall: 'host-imports-model', file: 'src/host/imports-plan.ts', imports: '../plan/target.ts' },
  { wall: 'leaf-rooms-import-model-and-host', file: 'src/disk/imports-formats.ts', imports: '../formats/target.ts' },
  {
    wall: 'base-images-import-model-host-disk',
    file: 'src/base-images/imports-packages.ts',
    imports: '../packages/target.ts',
  },
  { wall: 'spec-imports-model', file: 'src/spec/imports-host.ts', imports: '../host/target.ts' },
  { wall: 'report-imports-model', file: 'src/report/imports-build.ts', imports: '../build/target.ts' },
  { wall: 'plan-is-pure', file: 'src/plan/imports-host.ts', imports: '../host/target.ts' },
  { wall: 'plan-touches-no-machine', file: 'src/plan/imports-files.ts', imports: 'node:fs' },
  {
    wall: 'build-does-not-import-spec-report-commands',
    file: 'src/build/imports-report.ts',
    imports: '../report/target.ts',
  },
  { wall: 'commands-are-not-imported', file: 'src/report/imports-command.ts', imports: '../commands/target.ts' },
  { wall: 'only-host-starts-processes', file: 'src/build/starts-process.ts', imports: 'node:child_process' },
  { wall: 'no-circular', file: 'src/model/imports-itself.ts', imports: './imports-itself.ts' },
];

const violations = await brokenHouse();

describe('the house', () => {
  it('has every source file in a room', async () => {
    const sources = (await filesOfProject()).filter((file) => file.startsWith('src/'));

    expect(sources.filter((file) => !ROOMS.some((room) => file.startsWith(`src/${room}/`)))).toEqual([]);
  });

  it('has no file beyond 350 lines', async () => {
    const sources = (await filesOfProject()).filter((file) => /^(src|scripts|bench)\/.*\.ts$/.test(file));
    const lengths = await Promise.all(
      sources.map(async (file) => ({ file, lines: (await readFile(file, 'utf8')).split('\n').length - 1 })),
    );

    expect(lengths.filter(({ lines }) => lines > 350)).toEqual([]);
  });

  it('reads the environment of the process in one place', async () => {
    const sources = (await filesOfProject()).filter((file) => file.startsWith('src/'));
    const readers = await Promise.all(
      sources.map(async (file) => (/^[^*/]*process\.env\b/m.test(await readFile(file, 'utf8')) ? [file] : [])),
    );

    expect(readers.flat()).toEqual(['src/commands/caller.ts']);
  });

  it('keeps its walls', async () => {
    const { status, stdout } = await runForStatus('npx', ['depcruise', '--config', '.dependency-cruiser.json', 'src']);

    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringMatching(/no dependency violations/) });
  });

  it.each(FORBIDDEN_IMPORTS)('has a wall $wall', ({ wall, file }) => {
    expect(violations).toContain(`error ${wall}: ${file}`);
  });
});

/** What dependency-cruiser says of a scratch project in which every wall is broken once. */
async function brokenHouse(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-walls-'));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  for (const config of ['.dependency-cruiser.json', 'tsconfig.json', 'package.json'])
    await write(config, await readFile(config, 'utf8'));
  for (const { file, imports } of FORBIDDEN_IMPORTS) {
    await write(file, `import '${imports}';\n`);
    if (imports.endsWith('/target.ts')) await write(join(dirname(file), imports), 'export {};\n');
  }
  const cruise = ['depcruise', '--config', '.dependency-cruiser.json', 'src'];
  const { stdout } = await runForStatus('npx', cruise, { cwd: folder });
  await rm(folder, { recursive: true });
  return stdout;
}
