import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/host/process.ts';
import { type FileTexts, folderTree } from './folder-tree.ts';

/** An RPM package to make, of architecture x86_64. */
export interface TestRpm {
  readonly name: string;
  readonly version?: string;
  /** Further lines of its header, such as `Requires: bash`. */
  readonly header?: readonly string[];
  /** Scripts by name, such as `post`; they run in the image. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly files?: FileTexts;
  /** What stands before a file's path in the list of files, such as `%attr(0640,root,mail)`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Absolute paths of files of this machine to take along. */
  readonly hostFiles?: readonly string[];
  /** Who signs it: the key of its repository unless given. */
  readonly signature?: 'none' | 'other';
}

/** When test packages were made, in seconds since the Unix epoch. */
const BUILD_EPOCH = 1_770_000_000;

const PREAMBLE = `
%define debug_package %{nil}
%define __os_install_post %{nil}
%define _build_id_links none
%define _binary_payload w0.ufdio
%define use_source_date_epoch_as_buildtime 1
%define _buildhost localhost
Name: tests
Version: 1
Release: 1
Summary: tests
License: none
AutoReqProv: no
%description
tests
`;

/** Makes packages by one run of rpmbuild. No two may have the same file. @returns their paths, in order */
export async function buildRpms(packages: readonly TestRpm[], folder: string): Promise<readonly string[]> {
  await using work = await folderTree(Object.assign({ 'root/': '' }, ...packages.map(stagedFiles)));
  const root = join(work.path, 'root');
  const hostFiles = packages.flatMap((one) => one.hostFiles ?? []);
  if (hostFiles.length > 0)
    await run('cp', ['--archive', '--parents', '--target-directory', root, ...hostFiles], { cwd: '/' });
  await writeFile(join(work.path, 'tests.spec'), [PREAMBLE, ...packages.map(specOf)].join('\n'));
  await mkdir(folder, { recursive: true });
  const macros = { _topdir: join(work.path, 'top'), _rpmdir: folder, _build_name_fmt: '%%{NAME}-%%{VERSION}.rpm' };
  await run(
    'rpmbuild',
    [
      ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
      ...['--target', 'x86_64', '--buildroot', root, '-bb', join(work.path, 'tests.spec')],
    ],
    { env: { PATH: '/usr/bin:/bin', HOME: work.path, LC_ALL: 'C', SOURCE_DATE_EPOCH: String(BUILD_EPOCH) } },
  );
  return packages.map((one) => join(folder, `${one.name}-${versionOf(one)}.rpm`));
}

function versionOf(one: TestRpm): string {
  return one.version ?? '1.0';
}

function stagedFiles({ files = {} }: TestRpm): FileTexts {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [join('root', path), text]));
}

function specOf(one: TestRpm): string {
  const { name, header = [], scripts = {}, files = {}, attributes = {}, hostFiles = [] } = one;
  const listed = Object.keys(files).map((path) => {
    const folder = path.endsWith('/') ? '%dir ' : '';
    return `${folder}${attributes[path] ?? ''} /${path.replace(/\/$/, '')}`;
  });
  return [
    `%package -n ${name}`,
    `Version: ${versionOf(one)}`,
    `Summary: ${name}`,
    'AutoReqProv: no',
    ...header,
    `%description -n ${name}`,
    name,
    ...Object.entries(scripts).flatMap(([kind, text]) => [`%${kind} -n ${name}`, text]),
    `%files -n ${name}`,
    ...listed,
    ...hostFiles.map((path) => `"${path}"`),
    '',
  ].join('\n');
}
