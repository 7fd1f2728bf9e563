import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { main as diskImageCreate } from '../../../src/commands/disk-image-create.ts';
import { main as elementInfo } from '../../../src/commands/element-info.ts';
import { main as ingot } from '../../../src/commands/ingot.ts';
import { run } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { testCaller } from '../../support/test-caller.ts';

const OS = { 'os/element-provides': 'operating-system\n', 'os/element-deps': 'tools\n', 'tools/README.rst': '' };

describe('disk-image-create', () => {
  it('prints its help and its version on standard output', { tags: ['cli.help'] }, async () => {
    const help = testCaller('disk-image-create', ['--help']);
    const version = testCaller('disk-image-create', ['--version']);

    expect([await diskImageCreate(help), await diskImageCreate(version)]).toEqual([0, 0]);
    expect(help.printed()).toMatch(/^Usage: disk-image-create \[OPTION\]\.\.\. ELEMENT\.\.\.\n/);
    expect(help.printed()).not.toContain('--ramdisk-element');
    expect(version.printed()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends with 1 and a message on standard error for a wrong option', { tags: ['cli.bad-option'] }, async () => {
    const caller = testCaller('disk-image-create', ['--image-sise', '4', 'vm']);

    expect(await diskImageCreate(caller)).toBe(1);
    expect(caller.complained()).toBe(
      "disk-image-create: unrecognized option '--image-sise'\n  Did you mean --image-size?\n",
    );
    expect(caller.printed()).toBe('');
  });
});

describe('a complaint', () => {
  it('shows no secret of the environment', async () => {
    const caller = testCaller('disk-image-create', ['-t', 'hunter2secret', 'vm'], { DB_PASSWORD: 'hunter2secret' });

    expect(await diskImageCreate(caller)).toBe(1);
    expect(caller.complained()).toMatch(/^disk-image-create: There is no image format "\*\*\*"/);
  });
});

describe('element-info', () => {
  it('prints the names of all elements that are needed', { tags: ['commands.element-info'] }, async () => {
    await using scratch = await folderTree(OS);
    const caller = testCaller('element-info', ['os'], { ELEMENTS_PATH: scratch.path });

    expect(await elementInfo(caller)).toBe(0);
    expect(caller.printed()).toBe('os tools\n');
  });

  it.each(['-d', '--expand-dependencies'])(
    'takes the older option %s',
    { tags: ['element-info.expand'] },
    async (option) => {
      await using scratch = await folderTree(OS);
      const caller = testCaller('element-info', [option, 'os'], { ELEMENTS_PATH: scratch.path });

      expect(await elementInfo(caller)).toBe(0);
      expect(caller.printed()).toBe('os tools\n');
    },
  );

  it('prints text that bash can evaluate', async () => {
    await using scratch = await folderTree(OS);
    const caller = testCaller('element-info', ['--env', 'os'], { ELEMENTS_PATH: scratch.path });

    await elementInfo(caller);
    const script = `${caller.printed()}\neval declare -A paths="($(get_image_element_array))"; echo "$IMAGE_ELEMENT"; echo "\${paths[tools]}"`;

    expect((await run('bash', ['-euc', script])).stdout).toBe(`os tools\n${scratch.at('tools')}\n`);
  });

  it('ends with 1 for an element that is not there, naming where it looked', async () => {
    await using scratch = await folderTree(OS);
    const caller = testCaller('element-info', ['tols', 'os'], { ELEMENTS_PATH: scratch.path });

    expect(await elementInfo(caller)).toBe(1);
    expect(caller.complained()).toMatch(/There is no element "tols"(.|\n)*tools/);
  });
});

describe('ingot', () => {
  it.each<[readonly string[], string]>([
    [['biuld', 'vm'], "ingot: unknown command 'biuld'\n(Did you mean build?)\n"],
    [['build', '--siz', '3', 'vm'], "ingot: unknown option '--siz'\n(Did you mean --size?)\n"],
    [['build'], "ingot: missing required argument 'element'\n"],
    [
      ['build', '--size', 'x', 'vm'],
      'ingot: --size is "x", which is not a size in GiB\n  Give a number, decimals allowed, above 0.\n',
    ],
    [
      ['plan', '--compression', 'lz4', 'vm'],
      'ingot: --compression is "lz4", which is not a compression of qcow2\n  Choose from: zlib (also zlib:1 to zlib:9), zstd, none.\n',
    ],
  ])('ends with 2 for %j', async (words, message) => {
    const caller = testCaller('ingot', words);

    expect(await ingot(caller)).toBe(2);
    expect(caller.complained()).toBe(message);
  });

  it('prints its commands when asked for help', async () => {
    const caller = testCaller('ingot', ['--help']);

    expect(await ingot(caller)).toBe(0);
    expect(caller.printed()).toMatch(/build \[options\](.|\n)*plan \[options\](.|\n)*element-info/);
  });
});

describe('the launchers', () => {
  it.each(['disk-image-create', 'element-info', 'ingot'])('bin/%s works from any folder', async (name) => {
    const launcher = fileURLToPath(new URL(`../../../bin/${name}`, import.meta.url));

    const { stdout } = await run(launcher, ['--help'], { cwd: '/' });

    expect(stdout).toContain(`Usage: ${name}`);
  });
});
