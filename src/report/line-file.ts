import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A text file that grows by lines, written in order and without waiting for each. */
export interface LineFile {
  append: (lines: readonly string[]) => void;
  /** Waits until everything is written. */
  close: () => Promise<void>;
}

/** Opens a file for appending; its folder is made when missing. Errors of the filesystem come as they are. */
export async function openLineFile(path: string): Promise<LineFile> {
  await mkdir(dirname(path), { recursive: true });
  return new QueuedLines(await open(path, 'a'));
}

class QueuedLines implements LineFile {
  readonly #file: FileHandle;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #isBroken = false;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  append(lines: readonly string[]): void {
    if (this.#isBroken || lines.length === 0) return;
    this.#waiting.push(...lines);
    this.#writing ??= this.#writeAll();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  /** A log that cannot be written, on a full disk say, must not stop the build that it tells of. */
  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const text = this.#waiting.map((line) => `${line}\n`).join('');
        this.#waiting = [];
        await this.#file.appendFile(text);
      }
    } catch {
      this.#isBroken = true;
    } finally {
      this.#writing = undefined;
    }
  }
}
