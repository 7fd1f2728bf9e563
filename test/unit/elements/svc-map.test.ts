import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerSvcMap } from '../../../src/elements/request-answers.ts';
import { mergeServiceMaps } from '../../../src/elements/svc-map.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

function elementsOf(tree: FolderTree, ...names: string[]) {
  return names.map((name) => ({ name, path: join(tree.path, name), needs: [], provides: [], hides: [] }));
}

test('chooses distribution, then family, then default, then the name itself', {
  tags: ['svc-map.choice'],
}, async () => {
  await using tree = await folderTree({
    'a/svc-map':
      'one:\n  ubuntu: one-ubuntu\n  debian: one-debian\n  default: one-default\ntwo:\n  default: two-default\n',
    'b/svc-map': 'three:\n  redhat: three-redhat\n',
  });

  const merged = await mergeServiceMaps(elementsOf(tree, 'a', 'b'), 'ubuntu');

  expect(merged).toEqual({ one: 'one-ubuntu', three: 'three', two: 'two-default' });
  expect((await mergeServiceMaps(elementsOf(tree, 'a', 'b'), 'centos')).three).toBe('three-redhat');
});

test('refuses a service that two elements list', { tags: ['svc-map.merged'] }, async () => {
  await using tree = await folderTree({ 'a/svc-map': 'one:\n  default: x\n', 'b/svc-map': '\none:\n  default: y\n' });

  await expect(mergeServiceMaps(elementsOf(tree, 'a', 'b'), 'debian')).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: 'svc-map: Service one of element b is already in the svc-map of a',
    details: { place: { file: join(tree.path, 'b/svc-map'), line: 2 } },
  });
});

test('prints the merged map as one line for each service', async () => {
  await using tree = await folderTree({
    'a/svc-map': 'ssh:\n  debian: ssh\n  default: sshd\nweb:\n  default: nginx\n',
  });
  const context = { elements: elementsOf(tree, 'a'), tree: tree.path };

  const answer = await answerSvcMap({ args: ['--merge'], input: '', env: { DISTRO_NAME: 'debian' } }, context);

  expect(answer).toEqual({ status: 0, stdout: 'ssh: ssh\nweb: nginx\n', stderr: '' });
});

test('translates services, but keeps those with a unit of their own in the tree', {
  tags: ['svc-map.unit'],
}, async () => {
  await using tree = await folderTree({
    'usr/share/svc-map/services': 'a: a-real\nb: b-real\n',
    'usr/lib/systemd/system/b.service': '[Unit]',
    lib: 'link:usr/lib',
  });

  const answer = await answerSvcMap({ args: ['a', 'b', 'c'], input: '', env: {} }, { elements: [], tree: tree.path });

  expect(answer.stdout).toBe('a-real\nb\nc\n');
});
