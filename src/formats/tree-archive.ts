import { run } from '../host/process.ts';
import type { FormatInput } from './format-writer.ts';

/**
 * Patterns, from the root of the tree, of what the kernel fills while a system runs and of what a filesystem brings itself: the folders
 * stay, their contents do not belong to the tree.
 */
export const FOREIGN_CONTENT = ['proc/*', 'sys/*', 'lost+found'] as const;

export interface ArchiveOptions {
  /** Program and options that tar pipes the archive through. */
  readonly compressor?: string;
  /** How names change, as `tar --transform` reads it. */
  readonly rename?: string;
  /** Files of another folder that go into the archive behind the tree, under their own names. */
  readonly more?: { readonly folder: string; readonly names: readonly string[] };
}

/**
 * Archives the root tree: owners as numbers, extended attributes, ACLs, hard links and device nodes kept; entries in order of their
 * names; times after the epoch set to it. The same tree gives the same bytes. Holes become zeros, because the headers that GNU tar
 * writes for sparse files hold the id of its process.
 * @throws IngotError `TOOL_FAILED`, `CANCELLED`
 */
export async function archiveTree(input: FormatInput, options: ArchiveOptions = {}): Promise<void> {
  await runTar(input, input.target, options);
}

type TreeInput = Pick<FormatInput, 'source' | 'epoch' | 'wish' | 'signal'>;

/**
 * Pipes the same archive to a program.
 * @param program with its options, without quotes
 * @returns what the program prints
 * @throws IngotError `TOOL_FAILED`, `CANCELLED`
 */
export async function pipeTree(input: TreeInput, program: string): Promise<string> {
  return (await runTar(input, '-', { compressor: program })).trim();
}

async function runTar(input: TreeInput, file: string, options: ArchiveOptions): Promise<string> {
  const { compressor, rename, more } = options;
  const args = [
    '--create',
    `--file=${file}`,
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
    ...FOREIGN_CONTENT.map((pattern) => `--exclude=./${pattern}`),
    ...(compressor === undefined ? [] : [`--use-compress-program=${compressor}`]),
    ...(rename === undefined ? [] : [`--transform=${rename}`]),
    '.',
    ...(more === undefined ? [] : [`--directory=${more.folder}`, ...more.names]),
  ];
  // Options of the caller for his own archives are not part of the request.
  const env = { ...input.wish.environment, LC_ALL: 'C', TAR_OPTIONS: '' };
  const { stdout } = await run('tar', args, { signal: input.signal, env });
  return stdout;
}
