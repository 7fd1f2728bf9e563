import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../src/host/process.ts';
import { folderTree } from './folder-tree.ts';

/** A Python distribution of one module, and the command of its name that calls the module's `main`. */
export interface PythonAgent {
  /** With `-` between its words. */
  readonly name: string;
  readonly code: string;
}

/**
 * Writes a wheel of version 1.0, and the page by which pip finds it, as in an index of the form of PyPI.
 * @param index folder that `simple` of the index lies in
 * @returns path of the wheel below the folder
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
 */
export async function writeWheel(index: string, { name, code }: PythonAgent): Promise<string> {
  const module = name.replaceAll('-', '_');
  const info = `${module}-1.0.dist-info`;
  const files = {
    [`${module}.py`]: code,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/entry_points.txt`]: `[console_scripts]\n${name} = ${module}:main\n`,
  };
  const record = [...Object.keys(files), `${info}/RECORD`].map((file) => `${file},,\n`).join('');
  await using tree = await folderTree({ ...files, [`${info}/RECORD`]: record });
  const wheel = `${module}-1.0-py3-none-any.whl`;
  const at = join('simple', name, wheel);
  await mkdir(join(index, dirname(at)), { recursive: true });
  await run('python3', ['-m', 'zipfile', '-c', join(index, at), `${module}.py`, info], { cwd: tree.path });
  await writeFile(join(index, 'simple', name, 'index.html'), `<a href="${wheel}">${wheel}</a>\n`);
  return at;
}
