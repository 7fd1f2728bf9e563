import { run } from '../host/process.ts';

/** Marks of overlayfs that differ from mount to mount, random or bound to inodes; the others say what the tree is. */
const OVERLAY_IDENTITIES = ['uuid', 'origin', 'impure', 'nlink'];

/** Digest of all that a folder holds but times. */
export async function contentOf(folder: string): Promise<string> {
  const archive = [
    '--create',
    '--sort=name',
    '--mtime=@0',
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
    ...OVERLAY_IDENTITIES.map((name) => `--xattrs-exclude=*.overlay.${name}`),
    '--directory',
    folder,
    '.',
  ];
  const { stdout } = await run('bash', ['-o', 'pipefail', '-c', 'tar "$@" | sha256sum', 'tar', ...archive]);
  return stdout.slice(0, 64);
}
