import { lstat, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders whose content belongs to a running machine, not to an image. */
const RUNTIME_FOLDERS = ['tmp', 'dev', 'proc', 'sys', 'run'];

/** Files that programs write anew and that hold times, inode numbers or random bytes of the build. */
const REGENERATED = [
  'var/cache/ldconfig/aux-cache',
  'var/lib/systemd/random-seed',
  'var/lib/systemd/credential.secret',
  'var/lib/dbus/machine-id',
  'var/cache/man',
  'var/cache/apt/pkgcache.bin',
  'var/cache/apt/srcpkgcache.bin',
  'var/cache/debconf/config.dat-old',
  'var/cache/debconf/templates.dat-old',
];

/**
 * Takes away what the contract says an image does not keep: everything in `/tmp`, the content of log files, `*.log` below `/root`; and
 * what would make two builds differ without being of use.
 */
export async function tidyTree(root: string): Promise<void> {
  for (const folder of RUNTIME_FOLDERS) await emptyFolder(join(root, folder));
  await eachFile(join(root, 'var/log'), async (file) => await truncate(file));
  await eachFile(join(root, 'root'), async (file) => {
    if (file.endsWith('.log')) await rm(file);
  });
  for (const path of REGENERATED) await rm(join(root, path), { recursive: true, force: true });
  await forgetMachineId(root);
}

/** An empty `/etc/machine-id` makes the first boot choose one; a name that two machines share breaks DHCP and journals. */
async function forgetMachineId(root: string): Promise<void> {
  const path = join(root, 'etc/machine-id');
  const facts = await lstat(path).catch(() => undefined);
  // The word "uninitialized" is a wish of its own: the first boot counts as one (machine-id(5)).
  const isChosen = facts?.isFile() && !['', 'uninitialized'].includes((await readFile(path, 'utf8')).trim());
  if (isChosen) await writeFile(path, '');
}

async function emptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
}

async function eachFile(folder: string, act: (path: string) => Promise<void>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await eachFile(path, act);
    else if (entry.isFile()) await act(path);
  }
}
