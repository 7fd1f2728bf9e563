import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunResult, run, runForStatus } from '../../src/host/process.ts';
import type { Element } from '../../src/model/element.ts';
import type { Environment } from '../../src/model/request.ts';
import { folderTree } from './folder-tree.ts';

/** diskimage-builder itself, as Debian's python3-diskimage-builder installs it. */
const PACKAGE = '/usr/lib/python3/dist-packages/diskimage_builder';
const LIBRARY = join(PACKAGE, 'lib');
const PATH = process.env.PATH ?? '/usr/bin:/bin';

/** For `describe.each`: tests that run with our bash files and with the original's, so that both do what is expected. */
export function withOriginalLibrary(own: string): readonly (readonly [whose: string, library: string])[] {
  return [
    ['ours', own],
    ['the original', LIBRARY],
  ];
}

/** Names of the elements that the original expands names to, in no particular order; undefined where it refuses them. */
export async function originalElements(
  names: readonly string[],
  folders: readonly string[],
): Promise<readonly string[] | undefined> {
  const { status, stdout } = await runForStatus('/usr/bin/python3', [join(LIBRARY, 'element-info.py'), ...names], {
    env: { PATH, ELEMENTS_PATH: folders.join(':') },
  });
  return status === 0 ? stdout.trim().split(' ') : undefined;
}

/** Merges hooks as the original does. Paths have to be free of blanks. */
export async function originalHookTree(elements: readonly Element[], target: string): Promise<RunResult> {
  const array = elements.map(({ name, path }) => `[${name}]=${path}`).join(' ');
  const script = `set -e; get_image_element_array() { echo '${array}'; }; source "$_LIB/common-functions"; generate_hooks`;
  return await runForStatus('bash', ['-c', script], { env: { PATH, _LIB: LIBRARY, TMP_HOOKS_PATH: target } });
}

/** What the original makes of `package-installs` files: the text of the merged file. */
export async function originalPackageInstalls(
  names: readonly string[],
  folders: readonly string[],
  env: Environment,
): Promise<string> {
  await using scratch = await folderTree();
  const file = join(scratch.path, 'package-installs.json');
  const program = join(PACKAGE, 'elements/package-installs/bin/package-installs-squash');
  await run(program, ['--elements', names.join(' '), '--path', folders.join(':'), file], { env: { PATH, ...env } });
  return await readFile(file, 'utf8');
}

/** Runs the original's `pkg-map`, which sees a folder as `/usr/share`. */
export async function originalPkgMap(args: readonly string[], share: string, env: Environment): Promise<RunResult> {
  const program = join(PACKAGE, 'elements/pkg-map/bin/pkg-map');
  const script = 'mount --bind "$1" /usr/share && shift && exec "$@"';
  const words = ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', share, program, ...args];
  return await runForStatus('unshare', words, { env: { PATH, ...env } });
}

/** Text of the services file that the original's `svc-map` element makes in a root tree, which needs a folder `tmp`. */
export async function originalServices(elements: readonly Element[], tree: string, distro: string): Promise<string> {
  const yaml = JSON.stringify(Object.fromEntries(elements.map(({ name, path }) => [name, path])));
  const env = { PATH, IMAGE_ELEMENT_YAML: yaml, DISTRO_NAME: distro, TMP_MOUNT_PATH: tree };
  await run(join(PACKAGE, 'elements/svc-map/extra-data.d/10-merge-svc-map-files'), [], { env });
  return await readFile(join(tree, 'tmp/svc-map-services'), 'utf8');
}

/** What the original tells hooks of a layout. */
export async function originalLayout(text: string): Promise<Readonly<Record<string, string>>> {
  await using folder = await folderTree({ 'config.yaml': text });
  const at = (name: string) => join(folder.path, name);
  const params = { config: at('config.yaml'), 'image-dir': folder.path, 'root-fs-type': 'ext4', 'root-label': null };
  await folder.write({
    'params.yaml': JSON.stringify({ ...params, 'mount-base': at('mnt'), 'build-dir': folder.path }),
  });
  const ask = async (...words: readonly string[]) =>
    await run('/usr/bin/python3', [join(LIBRARY, 'dib-block-device.py'), '--params', at('params.yaml'), ...words]);
  await ask('init');
  const values = ['root-label', 'root-fstype', 'mount-points'].map(
    async (name) => [name, (await ask('getval', name)).stdout.trim()] as const,
  );
  return Object.fromEntries(await Promise.all(values));
}

/** Files below a folder of elements, by their paths in it, that the original's `dib-lint` finds faults with. */
export async function originalLint(folder: string): Promise<readonly string[]> {
  // It starts "python", which Debian calls python3.
  await using programs = await folderTree({ python: 'link:/usr/bin/python3', 'lib/': '' });
  const env = { PATH: `${programs.path}:${PATH}`, ELEMENTS_DIR: folder, LIB_DIR: join(programs.path, 'lib') };
  const { stdout } = await runForStatus('/usr/bin/dib-lint', [], { env, cwd: folder });
  const faults = stdout.split('\n').filter((line) => line.startsWith('ERROR: '));
  const paths = faults.flatMap((line) => line.split(' ').find((word) => word.startsWith(`${folder}/`)) ?? []);
  return [...new Set(paths.map((path) => path.slice(folder.length + 1)))].sort();
}
