import { describe, expect, it } from 'vitest';
import { parseGetKernel } from '../../../src/spec/disk-image-get-kernel.ts';

describe('a command line of disk-image-get-kernel', () => {
  it('has the folder /tmp and the prefix baremetal where nothing is said', { tags: ['get-kernel.options'] }, () => {
    expect(parseGetKernel(['-i', 'a.qcow2'], '/work')).toEqual({
      ...{ kind: 'extract', image: '/work/a.qcow2', folder: '/tmp', prefix: 'baremetal', isTraced: false },
    });
  });

  it('takes a folder, a prefix and tracing', { tags: ['get-kernel.options'] }, () => {
    expect(parseGetKernel(['-x', '-d', 'out', '-o', 'node', '-i/a'], '/work')).toEqual({
      ...{ kind: 'extract', image: '/a', folder: '/work/out', prefix: 'node', isTraced: true },
    });
  });

  it.each([['-h'], ['--help'], ['-i', 'a', '-h']])('asks for help by %s %s %s', (...words) => {
    expect(parseGetKernel(words, '/work')).toEqual({ kind: 'help' });
  });

  it.each([
    [[], 'No image is named'],
    [['-i', 'a', 'b'], 'The word "b" belongs to no option'],
    [['-i', 'a', '-o', 'x/y'], '-o is "x/y", which is no beginning of a name'],
    [['-z'], "invalid option -- 'z'"],
    [['-i'], "option requires an argument -- 'i'"],
  ])('refuses %j', (words, message) => {
    expect(() => parseGetKernel(words, '/work')).toThrow(expect.objectContaining({ code: 'USAGE', message }));
  });
});
