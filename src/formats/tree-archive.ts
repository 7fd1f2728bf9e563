import { run } from '../host/process.ts';
import type { FormatInput } from './format-writer.ts';

/** What the kernel fills while a system runs, and what a filesystem brings itself: the folders stay, their contents do not belong to it. */
const EXCLUDES = ['./proc/*', './sys/*', './lost+found'] as const;

/**
 * Archives the root tree: owners as numbers, extended attributes, ACLs, hard links and device nodes kept; entries in order of their
 * names; times after the epoch set to it. The same tree gives the same bytes. Holes become zeros, because the headers that GNU tar
 * writes for sparse files hold the id of its process.
 * @param compressor program and options that tar pipes the archive through
 * @throws IngotError `TOOL_FAILED`, `CANCELLED`
 */
export async function archiveTree(input: FormatInput, compressor?: string): Promise<void> {
  const args = [
    '--create',
    `--file=${input.target}`,
    `--directory=${input.source}`,
    '--format=posix',
    // Names of extended headers hold the id of the process unless told otherwise; access and change times are of the build.
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    '--sort=name',
    '--numeric-owner',
    `--mtime=@${input.epoch}`,
    '--clamp-mtime',
    '--acls',
    '--xattrs',
    '--xattrs-include=*',
    '--no-wildcards-match-slash',
    '--anchored',
    ...EXCLUDES.map((pattern) => `--exclude=${pattern}`),
    ...(compressor === undefined ? [] : [`--use-compress-program=${compressor}`]),
    '.',
  ];
  // Options of the caller for his own archives are not part of the request.
  const env = { ...input.environment, LC_ALL: 'C', TAR_OPTIONS: '' };
  await run('tar', args, { signal: input.signal, env });
}
