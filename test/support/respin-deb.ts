import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../src/host/process.ts';

/** What is different in a package that is built again. */
export interface Respin {
  readonly version: string;
  /** Fields of the control file. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Text of files by path; a file that is there keeps its mode. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Builds a package file again with another version and other files, as a distribution does that takes packages of another one.
 * @param folder empty or missing; it is used for the unpacked package and removed
 * @param target absolute path of the new package file
 */
export async function respinDeb(deb: string, folder: string, target: string, respin: Respin): Promise<void> {
  await run('dpkg-deb', ['--raw-extract', deb, folder]);
  await rm(join(folder, 'DEBIAN/md5sums'), { force: true });
  const control = join(folder, 'DEBIAN/control');
  const fields = Object.entries({ Version: respin.version, ...respin.fields });
  await writeFile(control, fields.reduce(withField, await readFile(control, 'utf8')));
  for (const [path, text] of Object.entries(respin.files ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await chmod(folder, 0o755);
  await run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', folder, target]);
  await rm(folder, { recursive: true });
}

function withField(control: string, [name, value]: readonly [string, string]): string {
  const line = new RegExp(`^${name}: .*\n(?: .*\n)*`, 'm');
  return line.test(control) ? control.replace(line, `${name}: ${value}\n`) : `${name}: ${value}\n${control}`;
}
