import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { type FileLock, tryLock, waitForLock } from '../host/lock.ts';
import { isAlive } from '../host/process-identity.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import { Job } from './job.ts';

/** Who may read what a job was told and said: its owner. */
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

/** Bytes of a record, which ends in blanks: room to write down in place how a job ended when the disk has filled up meanwhile. */
const RECORD_BYTES = 4096;

/** What is said of a job whose process did not live to say it. */
const DIED = {
  code: 'BUILDER_DIED',
  message: 'its process is gone without a word: it was killed, the machine restarted, or it had no space left to write',
} as const;

/** The jobs of one folder: a folder for each, with its lock and what is known of its latest build. */
export class JobStore {
  readonly #folder: string;

  /** @param folder absolute path; made when a first job is written */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes the right to build a set of images, which only one build has at a time; undefined when another one has it. */
  async tryLock(id: string): Promise<FileLock | undefined> {
    await this.#makeFolder(id);
    return await this.#onDisk(async () => await tryLock(this.#path(id, 'lock'), 'exclusive'));
  }

  /** As `tryLock`, and waits. @throws IngotError as `waitForLock` of the room host */
  async waitForLock(id: string, signal: AbortSignal): Promise<FileLock> {
    await this.#makeFolder(id);
    return await waitForLock(this.#path(id, 'lock'), signal);
  }

  /**
   * Writes what is known of a job. Only who has the lock may. On a full disk what was known before is overwritten.
   * @throws IngotError `DISK_FULL` where nothing was known before
   */
  async write(job: Job): Promise<void> {
    const path = this.#path(job.id, 'job.json');
    const text = `${JSON.stringify(job, undefined, 2).padEnd(RECORD_BYTES - 1)}\n`;
    await this.#onDisk(async () => {
      try {
        await writeFileAtomically(path, text, PRIVATE_FILE);
      } catch (error) {
        if (!isFull(error) || !(await overwrite(path, text))) throw error;
      }
    });
  }

  /**
   * What is known of a job, as of now: a running one whose process is gone has died.
   * @throws IngotError `JOB_UNKNOWN`
   */
  async read(id: string): Promise<Job> {
    const job = await this.find(id);
    if (job !== undefined) return job;
    const known = (await this.list()).map((other) => other.id);
    throw new IngotError('JOB_UNKNOWN', `There is no job ${id} in ${this.#folder}`, {
      hint: known.length === 0 ? 'No job was ever submitted here.' : `Those that there are: ${known.join(', ')}`,
    });
  }

  /** As `read`, but undefined when there is no such job. */
  async find(id: string): Promise<Job | undefined> {
    const job = await this.#readFile(id);
    if (job?.state !== 'running' || (await isAlive(job.process))) return job;
    // The process may have written its end between the two looks.
    const again = await this.#readFile(id);
    return again?.state === 'running' ? { ...again, state: 'died', error: DIED } : again;
  }

  /** All jobs in order of their names. */
  async list(): Promise<readonly Job[]> {
    const ids = (await readdir(this.#folder).catch(() => [])).sort();
    const jobs = await Promise.all(ids.map(async (id) => await this.find(id)));
    return jobs.filter((job) => job !== undefined);
  }

  /**
   * Opens the file that a detached process of a job prints to before it has a log.
   * @throws IngotError `DISK_FULL`
   */
  async openOutput(id: string): Promise<FileHandle> {
    return await this.#onDisk(async () => await open(this.#path(id, 'output'), 'w', PRIVATE_FILE));
  }

  async #makeFolder(id: string): Promise<void> {
    try {
      await mkdir(join(this.#folder, id), { recursive: true, mode: PRIVATE_FOLDER });
    } catch (cause) {
      if (isFull(cause)) throw this.#full(cause);
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new IngotError('FOLDER_UNUSABLE', `The folder of jobs ${this.#folder} cannot be made: ${reason}`, {
        hint: 'Choose another one with the variable FUEL_IMAGE_JOBS.',
        cause,
      });
    }
  }

  /** Says of an act that fails of a full disk where that is. */
  async #onDisk<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw isFull(error) ? this.#full(error) : error;
    }
  }

  #full(cause: unknown): IngotError {
    return new IngotError('DISK_FULL', `There is no space left for the job in ${this.#folder}`, {
      hint: 'Free space there, or choose another folder with the variable FUEL_IMAGE_JOBS.',
      cause,
    });
  }

  async #readFile(id: string): Promise<Job | undefined> {
    // An id comes from a command line; it names a folder here and nothing else.
    if (id === '' || id.includes('/') || id.startsWith('.')) return undefined;
    try {
      // What another version wrote and this one cannot read is over: a running job has a process of its own version.
      return Job.safeParse(JSON.parse(await readFile(this.#path(id, 'job.json'), 'utf8'))).data;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  #path(id: string, name: string): string {
    return join(this.#folder, id, name);
  }
}

function isFull(error: unknown): boolean {
  return isErrno(error, 'ENOSPC', 'EDQUOT');
}

/** Writes over a file without taking more space than it has. @returns false where it is too short, or not there */
async function overwrite(path: string, text: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r+');
    if ((await file.stat()).size < Buffer.byteLength(text)) return false;
    await file.writeFile(text);
    await file.sync();
    return true;
  } catch (error) {
    if (isFull(error) || isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
