import { describe, expect, test } from 'vitest';
import { findLayout, UNPARTITIONED_LAYOUT } from '../../../src/disk/find-layout.ts';
import type { Element } from '../../../src/model/element.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

/** Elements in folders of their names. */
function elementsIn(scratch: FolderTree, ...names: readonly string[]): readonly Element[] {
  return names.map((name) => ({ name, path: scratch.at(name), needs: [], provides: [], hides: [] }));
}

describe('the layout of an image', () => {
  test('is that of the variable, of an element for the architecture, of an element for all, or one filesystem', {
    tags: ['layout.choice'],
  }, async () => {
    await using scratch = await folderTree({
      'none/README.rst': '',
      'both/block-device-default.yaml': 'default',
      'both/block-device-arm64.yaml': 'arm64',
      'late/block-device-arm64.yaml': 'late',
    });
    const elements = elementsIn(scratch, 'none', 'both', 'late');

    expect(findLayout('- local_loop', elements, 'arm64')).toEqual({
      text: '- local_loop',
      file: 'DIB_BLOCK_DEVICE_CONFIG',
    });
    expect(findLayout('', elements, 'arm64')).toEqual({
      text: 'arm64',
      file: scratch.at('both/block-device-arm64.yaml'),
    });
    expect(findLayout(undefined, elements, 'amd64').text).toBe('default');
    expect(findLayout(undefined, elementsIn(scratch, 'none', 'late'), 'amd64').text).toBe(UNPARTITIONED_LAYOUT);
  });

  test('is text or a file', { tags: ['variables.layout'] }, async () => {
    await using scratch = await folderTree({ 'disk.yaml': '- local_loop: {name: image0}' });
    const config = `file://${scratch.at('disk.yaml')}`;

    expect(findLayout(config, [], 'amd64')).toEqual({
      text: '- local_loop: {name: image0}',
      file: scratch.at('disk.yaml'),
    });
    expect(() => findLayout(`${config}.old`, [], 'amd64')).toThrow(
      expect.objectContaining({ code: 'LAYOUT_INVALID', message: expect.stringContaining('disk.yaml.old cannot be') }),
    );
  });

  test('for ppc64le is that of ppc64el', { tags: ['layout.ppc64el'] }, async () => {
    await using scratch = await folderTree({ 'power/block-device-ppc64el.yaml': 'power' });
    const elements = elementsIn(scratch, 'power');

    expect(findLayout(undefined, elements, 'ppc64le').text).toBe('power');
    expect(findLayout(undefined, elements, 'ppc64el').text).toBe('power');
  });
});
