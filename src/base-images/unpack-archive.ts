import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/is-there.ts';
import { run } from '../host/process.ts';
import type { UnpackRequest } from './unpack-request.ts';

/**
 * Unpacks a tar archive, compressed or not: of a root tree, or of a container image as `docker save` and `podman save` write it.
 * @param work absolute path of an empty folder
 */
export async function unpackArchive(request: UnpackRequest, work: string): Promise<void> {
  await unpackTree(request);
  const transport = await containerTransport(request.tree);
  if (transport === undefined) return;
  for (const name of await readdir(request.tree)) await rm(join(request.tree, name), { recursive: true });
  await unpackContainer(request, transport, join(work, 'layout'));
}

async function unpackTree({ image, tree, isUserNamespace, signal }: UnpackRequest): Promise<void> {
  const attributes = ['--acls', '--xattrs', '--xattrs-include=*', '--xattrs-exclude=security.selinux'];
  const options = ['--numeric-owner', '--preserve-permissions', '--warning=no-timestamp', ...attributes];
  const excluded = isUserNamespace ? ['--exclude=./dev/*', '--exclude=dev/*', '--anchored'] : [];
  await run('tar', ['--extract', '--file', image, '--directory', tree, ...options, ...excluded], {
    collects: false,
    signal,
  });
}

/** How skopeo calls the archive of a container image that was unpacked into a folder; undefined for a root tree. */
async function containerTransport(folder: string): Promise<'oci-archive' | 'docker-archive' | undefined> {
  if (isThere(join(folder, 'etc'))) return undefined;
  if (isThere(join(folder, 'oci-layout'))) return 'oci-archive';
  return isThere(join(folder, 'manifest.json')) ? 'docker-archive' : undefined;
}

/** @param layout absolute path for the image in the layout of OCI, which umoci reads */
async function unpackContainer(
  { image, tree, signal }: UnpackRequest,
  transport: string,
  layout: string,
): Promise<void> {
  // What an image has to be signed with is for whoever fetched it to say.
  const options = ['--insecure-policy', 'copy', '--quiet'];
  await run('skopeo', [...options, `${transport}:${image}`, `oci:${layout}:image`], { signal });
  await run('umoci', ['raw', 'unpack', '--image', `${layout}:image`, tree], { signal });
}
