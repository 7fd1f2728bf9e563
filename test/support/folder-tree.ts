import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Content of a file; `link:TARGET` makes a link, `exec:TEXT` an executable, a name that ends in `/` a folder. */
export type FileTexts = Readonly<Record<string, string>>;

/** A folder for one test, removed when it goes out of scope: `await using folder = await folderTree({ 'etc/hostname': 'a' })`. */
export interface FolderTree extends AsyncDisposable {
  readonly path: string;
  /** Absolute path of something in it. */
  readonly at: (relativePath: string) => string;
  readonly write: (files: FileTexts) => Promise<void>;
}

/** Makes a folder with these files. */
export async function folderTree(files: FileTexts = {}): Promise<FolderTree> {
  const path = await mkdtemp(join(tmpdir(), 'ingot-test-'));
  const write = async (more: FileTexts): Promise<void> => {
    for (const [name, text] of Object.entries(more)) await writeEntry(join(path, name), text);
  };
  await write(files);
  const at = (relativePath: string) => join(path, relativePath);
  return { path, at, write, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
}

async function writeEntry(path: string, text: string): Promise<void> {
  await mkdir(path.endsWith('/') ? path : dirname(path), { recursive: true });
  if (path.endsWith('/')) return;
  if (text.startsWith('link:')) {
    await symlink(text.slice('link:'.length), path);
    return;
  }
  const isExecutable = text.startsWith('exec:');
  await writeFile(path, isExecutable ? text.slice('exec:'.length) : text);
  await chmod(path, isExecutable ? 0o755 : 0o644);
}
