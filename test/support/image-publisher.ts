import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inject } from 'vitest';
import { run } from '../../src/host/process.ts';
import { makeKey } from './apt-repository.ts';
import { hook } from './cli.ts';
import { runAsRoot } from './disk-image.ts';
import { type FileServer, serveFolder } from './file-server.ts';
import { type FileTexts, folderTree } from './folder-tree.ts';

const MAKE_DISK = new URL('make-cloud-disk', import.meta.url).pathname;

/** A place on loopback where a distribution publishes images, with checksums that it signs. */
export interface ImagePublisher extends AsyncDisposable {
  readonly server: FileServer;
  /** Path of the keyring with the key that signs the checksums. */
  readonly keyring: string;
  /** Absolute path of something that the server shows. */
  readonly at: (name: string) => string;
  /**
   * Publishes files under their own names, and checksums of everything: `CHECKSUM` in the form of the family of Red Hat with its signature
   * in itself, `SHA256SUMS` with `SHA256SUMS.gpg` as Debian and Ubuntu have them, and for each file `NAME.sha256` and `NAME.SHA256SUM` in the two forms.
   */
  readonly publish: (...files: readonly string[]) => Promise<void>;
}

/** Makes a publisher that has nothing yet. */
export async function imagePublisher(): Promise<ImagePublisher> {
  const scratch = await folderTree({ 'keys/': '', 'www/': '' });
  const folder = join(scratch.path, 'www');
  const key = await makeKey(join(scratch.path, 'keys'));
  const server = await serveFolder(folder);
  return {
    server,
    keyring: key.keyring,
    at: (name) => join(folder, name),
    publish: async (...files) => {
      for (const file of files) await copyFile(file, join(folder, basename(file)));
      await writeChecksums(folder);
      await key.clearsign(join(folder, 'CHECKSUM.plain'), join(folder, 'CHECKSUM'));
      await key.detach(join(folder, 'SHA256SUMS'), join(folder, 'SHA256SUMS.gpg'));
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

async function writeChecksums(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !/CHECKSUM|SHA256SUM|\.sha256$/.test(name));
  const digests = await Promise.all(
    names.map(async (name) => ({ name, digest: digestOf(await readFile(join(folder, name))) })),
  );
  const tagged = ({ name, digest }: { name: string; digest: string }) =>
    `# ${name}: 1 bytes\nSHA256 (${name}) = ${digest}\n`;
  await writeFile(join(folder, 'CHECKSUM.plain'), digests.map(tagged).join(''));
  await writeFile(join(folder, 'SHA256SUMS'), digests.map(({ name, digest }) => `${digest} *${name}\n`).join(''));
  for (const one of digests) {
    await writeFile(join(folder, `${one.name}.sha256`), `${one.digest}  ${one.name}\n`);
    await writeFile(join(folder, `${one.name}.SHA256SUM`), tagged(one));
  }
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Unpacks the tree of the tiny operating system, with more files, into a new folder. */
export async function fakeRoot(folder: string, files: FileTexts = {}): Promise<string> {
  const archive = join(dirname(inject('fakeOsElements')), 'fake-os.tar');
  await using more = await folderTree({ 'boot/efi/EFI/BOOT/BOOTX64.EFI': 'boot\n', ...files });
  await run('mkdir', ['--parents', folder]);
  await run('tar', ['--extract', '--file', archive, '--directory', folder]);
  await run('cp', ['--recursive', '--no-target-directory', more.path, folder]);
  await run('chmod', ['755', folder]);
  return folder;
}

/** Makes a disk image as distributions publish it: EFI system partition, /boot, root. */
export async function cloudDisk(tree: string, image: string, type: 'ext4' | 'xfs' | 'btrfs'): Promise<string> {
  const raw = `${image}.raw`;
  const { status, tail } = await runAsRoot(MAKE_DISK, tree, raw, type);
  if (status !== 0) throw new Error(tail.join('\n'));
  await run('qemu-img', ['convert', '-O', 'qcow2', raw, image]);
  return image;
}

/** An element `cloud` whose root is the base image that some variables name. */
export function cloudElement(variables: Readonly<Record<string, string>>): FileTexts {
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
  return {
    'cloud/element-provides': 'operating-system\n',
    'cloud/environment.d/50-image.bash': exports.join(''),
    'cloud/root.d/10-image': hook('"$INGOT_CHANNEL/ingot-request" base-image "$TARGET_ROOT"'),
  };
}
