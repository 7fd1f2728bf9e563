import { type FileHandle, open } from 'node:fs/promises';
import { run } from '../host/process.ts';
import { formatBytes } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import { OPEN_DISK } from './open-image.ts';

/** A file of an ext2, ext3 or ext4 filesystem. */
export interface ExtFile {
  readonly inode: number;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Bytes; 0 for what is no file. */
  readonly size: number;
}

const ROOT: ExtFile = { inode: 2, kind: 'folder', size: 0 };
/** Links followed before a path counts as endless, as the kernel does. */
const MOST_LINKS = 40;

/** Reads files of an ext filesystem on an open disk, without mounting it. Links never lead out of it. */
export class ExtFiles {
  readonly #disk: FileHandle;
  readonly #offset: number;

  /** @param offset bytes from the beginning of the disk */
  constructor(disk: FileHandle, offset: number) {
    this.#disk = disk;
    this.#offset = offset;
  }

  /** What a path leads to, with every link followed; undefined where there is nothing. */
  async find(path: string): Promise<ExtFile | undefined> {
    const rest = path.split('/').reverse();
    const folders: ExtFile[] = [ROOT];
    let found = ROOT;
    let links = 0;
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      if (name === '' || name === '.') continue;
      if (found.kind !== 'folder') return undefined;
      if (name === '..') {
        if (folders.length > 1) folders.pop();
        found = folders.at(-1) ?? ROOT;
        continue;
      }
      const next = (await this.list(found)).get(name);
      if (next === undefined) return undefined;
      if (next.kind === 'link') {
        links += 1;
        if (links > MOST_LINKS) return undefined;
        const target = await this.linkTarget(next);
        if (target.startsWith('/')) folders.splice(1);
        found = folders.at(-1) ?? ROOT;
        rest.push(...target.split('/').reverse());
        continue;
      }
      found = next;
      if (next.kind === 'folder') folders.push(next);
    }
    return found;
  }

  /** The names in a folder, but for `.` and `..`, and those that hold a line break, which nobody means. */
  async list(folder: ExtFile): Promise<ReadonlyMap<string, ExtFile>> {
    const lines = (await this.#ask(`ls -p <${folder.inode}>`)).split('\n');
    const entries = lines.flatMap((line): [string, ExtFile][] => {
      const [, inode, mode = '', , , name = '', size = ''] = line.split('/');
      if (inode === undefined || name === '' || name === '.' || name === '..') return [];
      return [[name, { inode: Number(inode), kind: kindOf(Number.parseInt(mode, 8)), size: Number(size) }]];
    });
    return new Map(entries);
  }

  async linkTarget(link: ExtFile): Promise<string> {
    const facts = await this.#ask(`stat <${link.inode}>`);
    // Targets of less than 60 bytes are in the inode, longer ones are its content.
    return /^Fast link dest: "(.*)"$/m.exec(facts)?.[1] ?? (await this.text(link));
  }

  async text(file: ExtFile): Promise<string> {
    return await this.#ask(`cat <${file.inode}>`);
  }

  /**
   * Copies the content of a file into a file of the machine, which is there.
   * @throws IngotError `DISK_FULL` when not all of it arrived
   */
  async copy(file: ExtFile, target: string): Promise<void> {
    await using copy = await open(target, 'r+');
    await this.#ask(`dump <${file.inode}> /dev/fd/4`, copy);
    // debugfs ends with 0 in any case.
    if ((await copy.stat()).size !== file.size)
      throw new IngotError('DISK_FULL', `No space left for ${target}, which takes ${formatBytes(file.size)}`, {
        hint: 'Make room there, or choose another folder.',
      });
  }

  async #ask(request: string, to?: FileHandle): Promise<string> {
    const args = ['-R', request, `${OPEN_DISK}?offset=${this.#offset}`];
    const { stdout } = await run('debugfs', args, {
      extraFds: [this.#disk.fd, ...(to === undefined ? [] : [to.fd])],
    });
    return stdout;
  }
}

function kindOf(mode: number): ExtFile['kind'] {
  switch (mode >> 12) {
    case 0o10:
      return 'file';
    case 0o4:
      return 'folder';
    case 0o12:
      return 'link';
    default:
      return 'other';
  }
}
