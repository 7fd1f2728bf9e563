import { describe, expect, it } from 'vitest';
import { debianArch, readHostFacts } from '../../../src/commands/host-facts.ts';
import { testCaller } from '../../support/test-caller.ts';

describe('the facts of the host', () => {
  it.each([
    ['x86_64', 'amd64'],
    ['aarch64', 'arm64'],
    ['armv7l', 'armhf'],
    ['ppc64le', 'ppc64le'],
  ])("call %s by Debian's name, %s", { tags: ['cli.arch-default'] }, (kernelName, name) => {
    expect(debianArch(kernelName)).toBe(name);
  });

  it('have the folders of the caller and an architecture', async () => {
    expect(await readHostFacts(testCaller('ingot'))).toEqual({
      workingFolder: '/work',
      homeFolder: '/home/ann',
      arch: expect.stringMatching(/^[a-z0-9]+$/),
    });
  });
});
