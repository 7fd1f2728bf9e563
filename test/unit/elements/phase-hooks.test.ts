import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectHookTree } from '../../../src/elements/hook-tree.ts';
import { writeHookTree } from '../../../src/elements/hook-tree-writer.ts';
import { linkInstallFolders } from '../../../src/elements/install-types.ts';
import { idleHookWarnings, MADE_DURING_BUILD, planHooks, readPhaseHooks } from '../../../src/elements/phase-hooks.ts';
import type { Element } from '../../../src/model/element.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

function elementsOf(tree: FolderTree, ...names: string[]): readonly Element[] {
  return names.map((name) => ({ name, path: join(tree.path, name), needs: [], provides: [], hides: [] }));
}

test('plans and reads the same hooks: executable, well named, in order, through links', async () => {
  await using tree = await folderTree({
    'a/install.d/100-last': 'exec:true',
    'a/install.d/9-first': 'exec:true',
    'a/install.d/20-data': 'true',
    'a/install.d/30-script.sh': 'exec:true',
    'a/install.d/40-folder/x': 'exec:true',
    'b/install.d/50-link': 'link:../bin/tool',
    'b/install.d/60-link': 'link:../bin/data',
    'b/bin/tool': 'exec:true',
    'b/bin/data': '',
  });
  const nodes = await collectHookTree(elementsOf(tree, 'a', 'b'));
  const folder = join(tree.path, 'hooks');
  writeHookTree(nodes, folder);

  const planned = planHooks(nodes).get('install.d');
  const read = readPhaseHooks(folder, 'install.d', nodes);

  expect(planned?.map(({ name, element }) => `${name} ${element}`)).toEqual(['9-first a', '50-link b', '100-last a']);
  expect(read).toEqual(planned);
  expect(readPhaseHooks(folder, 'root.d', nodes)).toEqual([]);
});

test('tells whose the hooks of an install type are, and knows one that the build made', async () => {
  await using tree = await folderTree({
    'a/install.d/nova-source-install/20-nova': 'exec:true',
    'a/install.d/nova-package-install/20-nova': 'exec:true',
  });
  const nodes = await collectHookTree(elementsOf(tree, 'a'));
  const folder = join(tree.path, 'hooks');
  writeHookTree(nodes, folder);
  await symlink('nova-package-install/20-nova', join(folder, 'install.d/20-nova'));
  await tree.write({ 'hooks/install.d/30-made': 'exec:true' });

  const planned = planHooks([...nodes, ...linkInstallFolders(nodes, { DIB_INSTALLTYPE_nova: 'package' })]);
  const read = readPhaseHooks(folder, 'install.d', nodes);

  const source = join(tree.path, 'a/install.d/nova-package-install/20-nova');
  expect(planned.get('install.d')).toEqual([{ element: 'a', phase: 'install.d', name: '20-nova', source }]);
  expect(read.map(({ name, element }) => `${name}: ${element}`)).toEqual([
    '20-nova: a',
    `30-made: ${MADE_DURING_BUILD}`,
  ]);
});

test('warns of files that look like hooks and never run, and of nothing else', async () => {
  await using tree = await folderTree({
    'a/install.d/10-good': 'exec:true',
    'a/install.d/20-script.sh': 'exec:true',
    'a/install.d/30-plain': 'true',
    'a/install.d/40-lost.sh': 'true',
    'a/install.d/package-installs-a': 'vim',
    'a/install.d/unit.service': '[Unit]',
    'a/environment.d/10-env.sh': 'export A=1',
    'a/bin/tool.sh': 'exec:true',
  });
  const nodes = await collectHookTree(elementsOf(tree, 'a'));

  const warnings = idleHookWarnings(nodes);

  const folder = join(tree.path, 'a/install.d');
  expect(warnings).toEqual([
    {
      message:
        'install.d/20-script.sh of element a will never run: its name has a character other than letters, digits, "_" and "-"',
      hint: 'Rename it to 20-script, or move it out of install.d if it is not a hook.',
      place: { file: join(folder, '20-script.sh') },
    },
    {
      message: 'install.d/30-plain of element a will never run: it is not executable',
      hint: `Run: chmod +x ${join(folder, '30-plain')}`,
      place: { file: join(folder, '30-plain') },
    },
    expect.objectContaining({ place: { file: join(folder, '40-lost.sh') } }),
  ]);
});
