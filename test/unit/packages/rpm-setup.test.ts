import { expect, test } from 'vitest';
import { rpmSetupOf } from '../../../src/packages/rpm-setup.ts';
import { folderTree } from '../../support/folder-tree.ts';

const ENV = { YUM: 'dnf', DISTRO_NAME: 'openeuler', DIB_RELEASE: '22.03-LTS', ARCH: 'amd64', MIRROR: 'http://mirror' };

test('repository files of elements may name variables of the build, beside those of dnf', async () => {
  await using hooks = await folderTree({
    'yum.repos.d/all.repo': '[all]\nbaseurl=$MIRROR/$DIB_RELEASE/$releasever/$basearch\n',
  });

  const setup = await rpmSetupOf(ENV, hooks.path);

  expect(setup).toMatchObject({ release: '22.03', architecture: 'x86_64' });
  expect(setup?.repositories).toEqual({
    'all.repo': '[all]\nbaseurl=http://mirror/22.03-LTS/$releasever/$basearch\n',
  });
});

test('a variable that nobody sets is told with the file that names it', async () => {
  await using hooks = await folderTree({ 'yum.repos.d/all.repo': '[all]\nbaseurl=$NOWHERE/$basearch\n' });

  await expect(rpmSetupOf(ENV, hooks.path)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: 'yum.repos.d/all.repo names NOWHERE, which no element sets',
  });
});

test("files of the caller's are taken as they are", async () => {
  await using folder = await folderTree({ 'all.repo': '[all]\nbaseurl=http://mirror/$NOWHERE\n' });

  const setup = await rpmSetupOf({ ...ENV, DIB_YUM_MINIMAL_BOOTSTRAP_REPOS: folder.path }, '/nowhere');

  expect(setup?.repositories).toEqual({ 'all.repo': '[all]\nbaseurl=http://mirror/$NOWHERE\n' });
});
