import { run } from '../host/process.ts';
import type { FilesystemRequest } from './filesystem-request.ts';
import { filesystemUuid } from './identity.ts';

/** Makes swap space of a file. Options of the layout are for filesystems and do not count here, as in diskimage-builder. */
export async function writeSwapSpace({ node, output, identity, signal }: FilesystemRequest): Promise<void> {
  await run('mkswap', ['--label', node.label, '--uuid', filesystemUuid(identity, node), output], { signal });
}
