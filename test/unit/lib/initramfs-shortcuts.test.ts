import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

const SHORTCUTS = fileURLToPath(new URL('../../../lib/initramfs-shortcuts', import.meta.url));

/** Runs a command and then the function of the same name; prints what both say and end with. */
const BOTH = [
  'shortcuts=$1; shift; log=$1; shift',
  'said=$(command "$@" 2>&1); told=$?',
  '. "$shortcuts"',
  'command() { echo "$1" >>"$log"; builtin command "$@"; }',
  'answer=$("$@" 2>&1); status=$?',
  'printf "%s\\0%s\\0%s\\0%s\\0" "$said" "$told" "$answer" "$status"',
].join('\n');

async function compare(log: string, words: readonly string[]) {
  const { stdout } = await run('bash', ['-c', BOTH, 'both', SHORTCUTS, log, ...words]);
  const [said, told, answer, status] = stdout.split('\0');
  return { program: `${said} (${told})`, shortcut: `${answer} (${status})` };
}

const FILES = {
  'modules/kernel/ext4.ko': 'module',
  'modules/link.ko': 'link:kernel/ext4.ko',
  'usr-lib': 'link:modules',
  'with blank/file name': 'text',
} as const;

const PATHS = [
  ...['modules/kernel/ext4.ko', 'modules//kernel///ext4.ko', 'modules/link.ko', 'usr-lib/kernel/ext4.ko', 'usr-lib'],
  ...['modules/', 'modules/../modules/link.ko', 'modules/./link.ko', 'modules/..', 'missing', 'missing/file'],
  ...['with blank/file name', 'modules/kernel/ext4.ko/', 'modules/...', ''],
];

describe('shortcuts for mkinitramfs', () => {
  it.each([
    ['realpath', '-ms'],
    ['realpath', '-s'],
    ['readlink', '-f'],
    ['mkdir', '-p'],
  ])('answers %s %s as the program does', async (...command) => {
    await using scratch = await folderTree(FILES);
    for (const path of [...PATHS.map((name) => `${scratch.path}/${name}`), '/', '//', '/bin', 'modules', '/bin/sh']) {
      const { program, shortcut } = await compare('/dev/null', [...command, path]);
      expect(shortcut, [...command, path].join(' ')).toBe(program);
    }
  });

  it('starts no program for the paths of kernel modules', async () => {
    await using scratch = await folderTree(FILES);
    const module = scratch.at('usr-lib/kernel/ext4.ko');
    await compare(scratch.at('log'), ['realpath', '-ms', `/${module}`]);
    await compare(scratch.at('log'), ['realpath', '-s', module]);
    await compare(scratch.at('log'), ['readlink', '-f', module]);
    await compare(scratch.at('log'), ['mkdir', '-p', scratch.at('modules')]);

    expect(await readdir(scratch.path)).not.toContain('log');
  });

  it('leaves a path with dots to the program', async () => {
    await using scratch = await folderTree(FILES);
    await compare(scratch.at('log'), ['realpath', '-s', `${scratch.path}/modules/../modules`]);

    expect(await readFile(scratch.at('log'), 'utf8')).toBe('realpath\n');
  });
});
