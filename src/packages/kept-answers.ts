import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { isErrno } from '../model/errno.ts';

/** Answers that follow from a package index alone, kept until it changes. */
export interface KeptAnswers {
  /** The kept answer to a question, or the one that `find` gives, which is kept. */
  answer(question: string, find: () => Promise<string>): Promise<string>;
  /** Forgets everything: the index is about to change. */
  forget(): Promise<void>;
}

/** Opens the answers kept in a folder, which is made when the first one is kept. */
export function keptAnswers(folder: string): KeptAnswers {
  return {
    answer: async (question, find) => {
      const path = join(folder, createHash('sha256').update(question).digest('hex'));
      const kept = await readFile(path, 'utf8').catch((error: unknown) => {
        if (isErrno(error, 'ENOENT')) return undefined;
        throw error;
      });
      if (kept !== undefined) return kept;
      const found = await find();
      await mkdir(folder, { recursive: true });
      await writeFileAtomically(path, found);
      return found;
    },
    forget: async () => await rm(folder, { recursive: true, force: true }),
  };
}
