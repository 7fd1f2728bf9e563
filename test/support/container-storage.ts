import { join } from 'node:path';
import { run } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { folderTree } from './folder-tree.ts';

/** A place of podman's own for images of containers, apart from that of the machine. */
export interface ContainerStorage extends AsyncDisposable {
  /** What lets podman use it. */
  readonly env: Environment;
  /** Adds an image that has one layer. @param name with its registry and tag @param tree absolute path of a folder with its files */
  readonly add: (name: string, tree: string) => Promise<void>;
}

/** Makes an empty storage. */
export async function containerStorage(): Promise<ContainerStorage> {
  const folder = await folderTree({ 'images/': '', 'run/': '' });
  const places = `graphroot = "${join(folder.path, 'images')}"\nrunroot = "${join(folder.path, 'run')}"\n`;
  // Of the drivers this one leaves no mount behind.
  await folder.write({ 'storage.conf': `[storage]\ndriver = "vfs"\n${places}` });
  const env = { CONTAINERS_STORAGE_CONF: join(folder.path, 'storage.conf') };
  return {
    env,
    add: async (name, tree) => {
      const archive = join(folder.path, 'tree.tar');
      await run('tar', ['--create', '--owner', '0', '--group', '0', '--file', archive, '--directory', tree, '.']);
      await run('podman', ['import', '--quiet', archive, name], { env: { ...process.env, ...env } });
    },
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}
