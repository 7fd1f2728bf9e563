import { run } from '../host/process.ts';
import type { UnpackRequest } from './unpack-request.ts';

/** Unpacks a tar archive of a root tree, compressed or not. */
export async function unpackArchive({ image, tree, isUserNamespace, signal }: UnpackRequest): Promise<void> {
  const attributes = ['--acls', '--xattrs', '--xattrs-include=*', '--xattrs-exclude=security.selinux'];
  const options = ['--numeric-owner', '--preserve-permissions', '--warning=no-timestamp', ...attributes];
  const excluded = isUserNamespace ? ['--exclude=./dev/*', '--exclude=dev/*', '--anchored'] : [];
  await run('tar', ['--extract', '--file', image, '--directory', tree, ...options, ...excluded], {
    collects: false,
    signal,
  });
}
