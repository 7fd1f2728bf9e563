import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What to put at a path: a text, an executable text, or a link. */
export type ScratchEntry = string | { readonly executable: string } | { readonly link: string };

/** A folder for one test, removed at its end: `await using scratch = await scratchFolder({'etc/hostname': 'a'})`. */
export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
  /** Absolute path of something in it. */
  readonly at: (relativePath: string) => string;
}

/** Makes a scratch folder with these files; a name that ends in `/` is an empty folder. */
export async function scratchFolder(entries: Readonly<Record<string, ScratchEntry>> = {}): Promise<ScratchFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ingot-test-'));
  for (const [name, entry] of Object.entries(entries)) await put(path.join(folder, name), entry, name.endsWith('/'));
  return {
    path: folder,
    at: (relativePath) => path.join(folder, relativePath),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}

async function put(target: string, entry: ScratchEntry, isFolder: boolean): Promise<void> {
  await mkdir(isFolder ? target : path.dirname(target), { recursive: true });
  if (isFolder) return;
  if (typeof entry === 'string') await writeFile(target, entry);
  else if ('link' in entry) await symlink(entry.link, target);
  else {
    await writeFile(target, entry.executable);
    await chmod(target, 0o755);
  }
}
