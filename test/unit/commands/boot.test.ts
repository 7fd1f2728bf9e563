import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { main } from '../../../src/commands/ingot.ts';
import { type BackgroundProcess, runForStatus, start } from '../../../src/host/process.ts';
import { writeTalkingDisk } from '../../support/boot-sector.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { testCaller } from '../../support/test-caller.ts';

const INGOT = fileURLToPath(new URL('../../../bin/ingot', import.meta.url));
const BOOTED =
  'Linux version 6.1.0-test\r\nWelcome to \u001b[1mDebian\u001b[0m GNU/Linux\r\n\r\n\u001b[?2004hcast login: ';

/** Runs `ingot boot` emulated, so that it does not depend on what the machine can. */
async function boot(scratch: FolderTree, ...words: readonly string[]) {
  const caller = testCaller('ingot', ['boot', ...words], {
    TMPDIR: scratch.path,
    DIB_IMAGE_CACHE: scratch.at('cache'),
    PATH: process.env.PATH ?? '',
  });
  const status = await main(caller);
  return { status, printed: caller.printed(), complained: caller.complained() };
}

describe('ingot boot --check', () => {
  it('tells the way to the login prompt and ends with 0', async () => {
    await using scratch = await folderTree({});
    writeTalkingDisk(scratch.at('disk.raw'), BOOTED);

    const { status, printed } = await boot(scratch, scratch.at('disk.raw'), '--check', '--accel', 'tcg');

    expect(status).toBe(0);
    expect(printed.replace(/[\d.]+ s/g, 'N s')).toMatch(
      /^ *N s {2}kernel {2}Linux version 6\.1\.0-test\n *N s {2}init {4}Welcome to Debian GNU\/Linux\n *N s {2}login {3}cast login:.*\n$/,
    );
  });

  it('leaves the image as it was and nothing beside it', async () => {
    await using scratch = await folderTree({});
    const disk = scratch.at('disk.raw');
    writeTalkingDisk(disk, BOOTED);
    const before = createHash('sha256').update(readFileSync(disk)).digest('hex');

    await boot(scratch, disk, '--check', '--accel', 'tcg', '--size', '20M');

    expect(createHash('sha256').update(readFileSync(disk)).digest('hex')).toBe(before);
    expect((await readdir(scratch.path)).sort()).toEqual(['cache', 'disk.raw']);
    expect(await readdir(scratch.at('cache/ingot/leases'))).toEqual([]);
  });

  it.each([
    {
      name: 'stops at a panic',
      text: 'Kernel panic - not syncing: no init\r\n',
      end: 'wait',
      seconds: '20',
      reason: 'it stopped at "Kernel panic - not syncing: no init"',
    },
    {
      name: 'sees a machine that ends',
      text: 'Linux version 6.1.0\r\n',
      end: 'reset',
      seconds: '20',
      reason: 'the machine ended before its login prompt',
    },
    { name: 'gives up in time', text: 'starting\r\n', end: 'wait', seconds: '2', reason: 'no login prompt within 2 s' },
  ] as const)('$name, and shows the end of the console', async ({ text, end, seconds, reason }) => {
    await using scratch = await folderTree({});
    writeTalkingDisk(scratch.at('disk.raw'), text, end);

    const { status, complained } = await boot(
      scratch,
      ...[scratch.at('disk.raw'), '--check', '--accel', 'tcg', '--timeout', seconds],
    );

    expect(status).toBe(1);
    expect(complained).toContain(`did not boot: ${reason}\n`);
    expect(complained).toContain(`\n  | ${text.trim()}\n`);
  });

  it('knows at once that a disk cannot be started', async () => {
    await using scratch = await folderTree({ 'disk.raw': '\0'.repeat(1024 * 1024) });

    const { status, complained } = await boot(scratch, scratch.at('disk.raw'), '--check', '--accel', 'tcg');

    expect(status).toBe(1);
    expect(complained).toContain('it stopped at "No bootable device."');
  });

  it('says what a silent console may mean', async () => {
    await using scratch = await folderTree({});
    writeTalkingDisk(scratch.at('disk.raw'), '');

    const { complained } = await boot(scratch, scratch.at('disk.raw'), '--check', '--accel', 'tcg', '--timeout', '1');

    expect(complained).toContain('No kernel spoke on the serial console.');
  });
});

describe('a killed ingot boot', () => {
  it('takes its machine with it, and the next one removes its folder', async () => {
    await using scratch = await folderTree({});
    writeTalkingDisk(scratch.at('disk.raw'), BOOTED);
    const env = {
      TMPDIR: scratch.path,
      DIB_IMAGE_CACHE: scratch.at('cache'),
      HOME: scratch.path,
      PATH: process.env.PATH ?? '',
    };
    const words = ['boot', scratch.at('disk.raw'), '--accel', 'tcg'];
    const running = start(INGOT, words, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    await untilSaid(running, 'login:');

    running.child.kill('SIGKILL');
    await running.ended;
    await boot(scratch, scratch.at('disk.raw'), '--accel', 'tcg', '--check');

    expect((await readdir(scratch.path)).filter((name) => name.startsWith('ingot-vm'))).toEqual([]);
    // QEMU is told by the kernel at the moment of death; it is gone when nobody has the pipe any more.
    expect((await runForStatus('pgrep', ['--full', `file=${scratch.path}`])).stdout).toBe('');
  });
});

async function untilSaid(running: BackgroundProcess, text: string): Promise<void> {
  let said = '';
  for await (const chunk of running.child.stdout ?? []) {
    said += String(chunk);
    if (said.includes(text)) return;
  }
  throw new Error(`The process ended without saying ${text}: ${said}`);
}

describe('the command line of ingot boot', () => {
  it.each([
    [['--firmware', 'efi'], '--firmware is one of bios, uefi, uefi-secure, not "efi"'],
    [['--memory', '1G'], '--memory takes a whole number above 0, not "1G"'],
    [['--size', 'huge'], '--size takes a number with K, M, G or T behind it, not "huge"'],
    [['--write', '--size', '1G'], '--size grows a copy of the image and --write writes the image itself'],
    [['--identity', 'key'], 'A command and --identity are for --ssh'],
  ])('refuses %j', async (words, message) => {
    await using scratch = await folderTree({ 'disk.raw': '' });

    const { status, complained } = await boot(scratch, scratch.at('disk.raw'), ...words);

    expect(status).toBe(2);
    expect(complained).toContain(message);
  });

  it('names an image that is not there', async () => {
    await using scratch = await folderTree({});

    const { status, complained } = await boot(scratch, scratch.at('none.qcow2'), '--check');

    expect(status).toBe(2);
    expect(complained).toContain(`There is no image ${scratch.at('none.qcow2')}`);
  });

  it('names an image that QEMU cannot read', async () => {
    await using scratch = await folderTree({});

    const { status, complained } = await boot(scratch, scratch.path, '--check', '--accel', 'tcg');

    expect(status).toBe(2);
    expect(complained).toContain(`The image ${scratch.path} cannot be read`);
  });
});
