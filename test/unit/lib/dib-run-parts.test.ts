import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type RunResult, runForStatus } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { withOriginalLibrary } from '../../support/original.ts';

const OWN = fileURLToPath(new URL('../../../lib/dib', import.meta.url));

function hook(body: string): string {
  return `exec:#!/bin/bash\n${body}\n`;
}

type RunParts = (folder: string, env?: Environment, options?: readonly string[]) => Promise<RunResult>;

function runPartsOf(library: string): RunParts {
  return async (folder, env = {}, options = []) =>
    await runForStatus(join(library, 'dib-run-parts'), [...options, folder], {
      env: { PATH: '/usr/bin:/bin', ...env },
    });
}

/** Hooks that print their own names. */
function named(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`a.d/${name}`, hook('basename "$0"')]));
}

describe.each(withOriginalLibrary(OWN))('dib-run-parts: %s', (_whose, library) => {
  const runParts = runPartsOf(library);

  it('runs hooks by their numbers, and equal numbers in byte order', {
    tags: ['hooks.order', 'commands.run-parts'],
  }, async () => {
    const names = ['100-d', '10-a', '10-B', '9-b', '010-c', 'foo', '05-x', '99_z', '10-A'];
    await using scratch = await folderTree({ ...named(...names), 'a.d/15-link': 'link:9-b' });

    const { stdout } = await runParts(scratch.at('a.d'));

    expect(stdout.trim().split('\n')).toEqual([
      ...['foo', '05-x', '9-b', '010-c', '10-A', '10-B', '10-a', '15-link', '99_z', '100-d'],
    ]);
  });

  it('leaves out names with a dot, files without the exec bit, folders and dead links, and says so only when tracing', {
    tags: ['hooks.eligible', 'hooks.names'],
  }, async () => {
    await using scratch = await folderTree({
      ...named('10-yes', '20-no.sh', '.hidden'),
      'a.d/30-data': 'text',
      'a.d/40-folder/file': '',
      'a.d/50-dead': 'link:/nowhere',
    });

    const silent = await runParts(scratch.at('a.d'));
    const traced = await runParts(scratch.at('a.d'), { DIB_DEBUG_TRACE: '1' });

    expect(silent.stdout).toBe('10-yes\n');
    expect(silent.stderr).not.toContain('Ignoring');
    expect(traced.stderr).toContain('Ignoring non-executable files: 30-data');
    expect(traced.stderr).toMatch(/Ignoring non-conforming filenames: (.hidden 20-no.sh|20-no.sh .hidden)/);
  });

  it('takes other names where RUN_PARTS_REGEX says so', { tags: ['hooks.names'] }, async () => {
    await using scratch = await folderTree(named('10-yes.sh', '20-no'));

    const { stdout } = await runParts(scratch.at('a.d'), { RUN_PARTS_REGEX: '\\.sh$' });

    expect(stdout).toBe('10-yes.sh\n');
  });

  it('ends with the status of the first hook that fails, without the table of times', {
    tags: ['hooks.first-failure', 'hooks.streams'],
  }, async () => {
    await using scratch = await folderTree({
      'a.d/10-fails': hook('exit 42'),
      'a.d/20-never': hook('echo never'),
    });

    const result = await runParts(scratch.at('a.d'));

    expect(result.status).toBe(42);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(`Running ${scratch.at('a.d')}/10-fails`);
    expect(result.stderr).not.toContain('PROFILING');
  });

  it('sources environment.d in the order of text, and hands on what is exported', {
    tags: ['environment-files.order', 'environment-files.exported'],
  }, async () => {
    await using scratch = await folderTree({
      'environment.d/20-second': 'export ORDER="$ORDER 20"\n',
      'environment.d/100-first.bash': 'export ORDER=100\nSECRET=here\n',
      'environment.d/with space': 'export ORDER=never\n',
      'a.d/10-show': hook('echo "$ORDER"; printenv SECRET || echo hidden'),
    });

    const { stdout, stderr } = await runParts(scratch.at('a.d'));

    expect(stdout).toBe('100 20\nhidden\n');
    expect(stderr).toContain('+ export ORDER=100');
  });

  it.each([
    ['an unset variable', 'export A="$NOT_SET"\n', 1],
    ['a failing command', 'false\n', 1],
    ['an exit', 'exit 7\n', 7],
  ])('ends at %s in an environment file', { tags: ['environment-files.strict'] }, async (_case, text, status) => {
    await using scratch = await folderTree({ 'environment.d/10-env': text, ...named('10-never') });

    const result = await runParts(scratch.at('a.d'));

    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
  });

  it('prints a table of times at the end, also when there was nothing to run', {
    tags: ['hooks.profile', 'hooks.streams'],
  }, async () => {
    await using scratch = await folderTree({ ...named('20-b', '9-a'), 'empty.d/': '' });

    const some = await runParts(scratch.at('a.d'));
    const none = await runParts(scratch.at('empty.d'));

    expect(some.stderr).toMatch(
      /PROFILING -+\n.*\n.*Target: a\.d\n(.*\n)+.*20-b {37} +0\.\d{3}\n.*9-a {38} +0\.\d{3}\n.*\n.*END PROFILING/,
    );
    expect(none.status).toBe(0);
    expect(none.stderr).toContain('END PROFILING');
  });

  it('runs a hook without an interpreter line as a shell script', { tags: ['hooks.no-interpreter'] }, async () => {
    await using scratch = await folderTree({ 'a.d/10-bare': 'exec:echo bare\n' });

    expect((await runParts(scratch.at('a.d'))).stdout).toBe('bare\n');
  });

  it('lists the hooks that it would run', { tags: ['run-parts.list'] }, async () => {
    await using scratch = await folderTree(named('10-b', '9-a', '10-x.sh'));

    const { stdout, stderr } = await runParts(scratch.at('a.d'), {}, ['--list']);

    expect(stdout).toBe(`${scratch.at('a.d')}/9-a\n${scratch.at('a.d')}/10-b\n`);
    expect(stderr).toBe('');
  });

  it('ends with 1 and its usage when there is no such folder', { tags: ['run-parts.usage'] }, async () => {
    const result = await runParts('/nowhere.d');

    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/\/nowhere\.d(.|\n)*usage: dib-run-parts .*(folder|directory)/i);
  });
});
