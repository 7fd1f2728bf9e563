import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ReadLayout } from '../disk/read-layout.ts';
import { CHANNEL_FOLDER } from '../elements/contract-environment.ts';
import type { HookTreeNode } from '../elements/hook-tree.ts';
import { writeHookTree } from '../elements/hook-tree-writer.ts';
import type { LayerStore } from '../layers/store.ts';
import type { BuilderTask } from './builder-protocol.ts';
import { RUN_PARTS } from './library-files.ts';

/** Path below the build folder of the file that `DIB_BLOCK_DEVICE_PARAMS_YAML` names. */
export const BLOCK_DEVICE_PARAMS = 'block-device/params.yaml';

/**
 * Writes the lowest folder of the build tree: merged hooks, the empty root tree, and what the disk will be. It is written anew by each
 * build and never part of a layer.
 * @param layout of the disk: its text, and what it says
 * @returns absolute path
 */
export async function writeBase(
  store: LayerStore,
  nodes: readonly HookTreeNode[],
  layout: { readonly text: string; readonly read: ReadLayout },
  { folders }: BuilderTask,
): Promise<string> {
  const base = join(store.scratchFolder, 'base');
  await mkdir(join(base, 'mnt'), { recursive: true, mode: 0o755 });
  writeHookTree(nodes, join(base, 'hooks'));
  await mkdir(join(base, 'hooks', CHANNEL_FOLDER));
  await copyFile(RUN_PARTS, join(base, 'hooks/dib-run-parts'));
  await mkdir(join(base, 'block-device'));
  await writeFile(join(base, 'block-device/config.yaml'), layout.text);
  const params = {
    config: join(folders.build, 'block-device/config.yaml'),
    'image-dir': folders.image,
    'root-fs-type': layout.read.rootType,
    'root-label': layout.read.rootLabel,
    'mount-base': join(folders.build, 'mnt'),
    'build-dir': folders.build,
  };
  await writeFile(join(base, BLOCK_DEVICE_PARAMS), stringify(params));
  return base;
}
