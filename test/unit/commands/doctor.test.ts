import { describe, expect, it } from 'vitest';
import { diagnose, diagnosisText } from '../../../src/commands/doctor.ts';
import { main } from '../../../src/commands/ingot.ts';
import { HOST_TOOLS } from '../../../src/host/tools.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { testCaller } from '../../support/test-caller.ts';

describe('ingot doctor', () => {
  it('finds every program that it knows here, and says so', async () => {
    await using scratch = await folderTree({});
    const environment = { PATH: process.env.PATH ?? '', DIB_IMAGE_CACHE: scratch.path };
    const caller = testCaller('ingot', ['doctor', '--json'], environment);

    expect(await main(caller)).toBe(0);

    const found = JSON.parse(caller.printed());
    expect(found.canBuild).toBe(true);
    expect(found.tools.map((tool: { command: string }) => tool.command)).toEqual(
      HOST_TOOLS.map((tool) => tool.command),
    );
    expect(found.machine.map((fact: { name: string }) => fact.name)).toEqual(
      expect.arrayContaining(['overlayfs', 'KVM', 'memory']),
    );
  });

  it('names what is missing, its package and how to get it', () => {
    const [unshare, mount] = HOST_TOOLS.filter((tool) => ['unshare', 'mount'].includes(tool.command));
    if (unshare === undefined || mount === undefined) throw new Error('the table has changed');

    const text = diagnosisText({
      tools: [
        { ...unshare, isPresent: false },
        { ...mount, isPresent: true },
      ],
      machine: [
        { name: 'overlayfs', verdict: 'missing', detail: 'unknown filesystem type', hint: 'Load the module overlay.' },
      ],
      canBuild: false,
    });

    expect(text).toBe(
      [
        '         PROGRAM  PACKAGE     NEEDED FOR',
        'MISSING  unshare  util-linux  every build',
        'ok       mount    mount       every build',
        '',
        '         MACHINE    FOUND',
        'MISSING  overlayfs  unknown filesystem type',
        '',
        'overlayfs: Load the module overlay.',
        'Install what is missing with: ingot doctor --install (util-linux)',
        'This machine cannot build every image yet.',
        '',
      ].join('\n'),
    );
  });

  it('does not offer to install Docker, which nobody wants unasked', () => {
    const docker = HOST_TOOLS.filter((tool) => tool.command === 'docker');

    const text = diagnosisText({
      tools: docker.map((tool) => ({ ...tool, isPresent: false })),
      machine: [],
      canBuild: true,
    });

    expect(text).toContain('MISSING  docker   docker.io  the format docker\n');
    expect(text).not.toContain('--install');
  });

  it('cannot build without the programs of builds', async () => {
    await using scratch = await folderTree({});
    const bare = testCaller('ingot', [], { PATH: scratch.path, DIB_IMAGE_CACHE: scratch.path });

    const { tools, canBuild } = await diagnose(bare, 'root');

    expect(canBuild).toBe(false);
    expect(tools.filter((tool) => !tool.isPresent).map((tool) => tool.command)).toContain('qemu-img');
  });
});
