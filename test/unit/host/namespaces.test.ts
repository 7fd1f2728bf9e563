import { afterEach, describe, expect, it, vi } from 'vitest';
import { runInChroot } from '../../../src/host/chroot.ts';
import { checkNamespaces, ownPrivilege } from '../../../src/host/namespaces.ts';
import { folderTree } from '../../support/folder-tree.ts';

const REFUSES = 'exec:#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the check of namespaces', () => {
  it('finds nothing to say where the machine makes them', async () => {
    await expect(checkNamespaces(ownPrivilege())).resolves.toBeUndefined();
  });

  it.each([
    ['root', /CAP_SYS_ADMIN/],
    ['user-namespace', /\/etc\/subuid/],
  ] as const)('names what %s has to change where the machine refuses', async (privilege, remedy) => {
    await using programs = await folderTree({ setpriv: REFUSES });
    vi.stubEnv('PATH', `${programs.path}:${process.env.PATH}`);

    await expect(checkNamespaces(privilege)).rejects.toMatchObject({
      code: 'NAMESPACE_REFUSED',
      hint: expect.stringMatching(remedy),
      details: { tail: expect.arrayContaining([expect.stringContaining('Operation not permitted')]) },
    });
  });
});

describe('a command in a root tree', () => {
  it('is refused when the tree cannot be entered, with what mount said', async () => {
    await using tree = await folderTree({ proc: 'a file where a folder has to be' });

    const entering = runInChroot({
      tree: tree.path,
      scratch: tree.path,
      command: ['true'],
      env: { PATH: '/usr/bin:/bin' },
    });

    await expect(entering).rejects.toMatchObject({
      code: 'CHROOT_FAILED',
      details: { tail: expect.arrayContaining([expect.stringContaining('proc')]) },
    });
  });
});
