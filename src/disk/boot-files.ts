import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import type { ExtFile, ExtFiles } from './ext-files.ts';

/** The filesystems of a system that matter when it starts. */
export interface BootSource {
  readonly root: ExtFiles;
  /** What is at `/boot`: a filesystem of its own, or a folder of the root. */
  readonly boot: { readonly files: ExtFiles; readonly folder: string };
}

export interface BootFiles {
  /** Names in the boot folder. */
  readonly kernel: string;
  readonly ramdisk: string;
}

export interface BootChoice {
  /** Variables of the caller that the choice depends on. */
  readonly environment: Environment;
  /** Absolute path of a folder for a tree of empty files, which is removed again. */
  readonly temporaryFolder: string;
}

const PROGRAM = fileURLToPath(new URL('../../lib/select-boot-files', import.meta.url));

/** What tells the distribution of a tree. */
const RELEASE_FILES = ['etc/redhat-release', 'etc/debian_version', 'etc/SuSE-release', 'etc/gentoo-release'] as const;

/**
 * Chooses the kernel and the ramdisk as `select_boot_kernel_initrd` does in hooks: by showing it a tree with the names that matter and with
 * nothing in the files, so that no text of the image is ever run.
 * @throws IngotError `KERNEL_MISSING`
 */
export async function chooseBootFiles(source: BootSource, choice: BootChoice): Promise<BootFiles> {
  const tree = await mkdtemp(join(choice.temporaryFolder, 'ingot-boot-'));
  try {
    await showReleases(source.root, tree);
    await showBootFolder(source, join(tree, 'boot'));
    const signed = await signedKernelVersion(source.root);
    const env = { ...choice.environment, ...(signed === undefined ? {} : { DIB_SIGNED_KERNEL_VERSION: signed }) };
    const { status, stdout } = await run(PROGRAM, [tree], { env, okStatuses: [0, 1] });
    const lines = stdout.trim().replaceAll(tree, '').split('\n');
    if (status !== 0) throw missing(lines.at(-1) ?? '');
    const [kernel = '', ramdisk = ''] = lines.slice(-2);
    return { kernel, ramdisk };
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

function missing(reason: string): IngotError {
  return new IngotError('KERNEL_MISSING', `The image has nothing to start from: ${reason}`, {
    hint: 'Build it with a kernel, such as by the elements vm or baremetal, or name patterns in DIB_BAREMETAL_KERNEL_PATTERN and DIB_BAREMETAL_INITRD_PATTERN.',
  });
}

async function showReleases(root: ExtFiles, tree: string): Promise<void> {
  for (const path of RELEASE_FILES) {
    if ((await root.find(path)) === undefined) continue;
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), '');
  }
}

/** Shows the files of the boot folder, and links between them. What leads elsewhere is nothing to start from. */
async function showBootFolder({ boot: { files, folder } }: BootSource, shown: string): Promise<void> {
  await mkdir(shown, { recursive: true });
  const place = await files.find(folder);
  if (place === undefined) return;
  const names = await files.list(place);
  for (const [name, file] of names) {
    if (file.kind === 'file') await writeFile(join(shown, name), '');
    if (file.kind === 'link') await showLink(files, { folder, names, name, shown });
  }
}

interface LinkPlace {
  readonly folder: string;
  readonly names: ReadonlyMap<string, ExtFile>;
  readonly name: string;
  readonly shown: string;
}

async function showLink(files: ExtFiles, { folder, names, name, shown }: LinkPlace): Promise<void> {
  const target = await files.find(`${folder}/${name}`);
  const neighbour = [...names].find(([, file]) => file.kind === 'file' && file.inode === target?.inode);
  if (neighbour !== undefined) await symlink(neighbour[0], join(shown, name));
}

/** The version that the element `ubuntu-signed` notes in the image, for the functions that hooks source. */
async function signedKernelVersion(root: ExtFiles): Promise<string | undefined> {
  const note = await root.find('dib-signed-kernel-version');
  if (note === undefined) return undefined;
  return /^(?:export )?DIB_SIGNED_KERNEL_VERSION=["']?([\w.+~-]+)/m.exec(await root.text(note))?.[1];
}
