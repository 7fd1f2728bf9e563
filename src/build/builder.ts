import { readFileSync, writeSync } from 'node:fs';
import { toErrorReport } from '../model/error.ts';
import type { BuildEventBody } from '../model/events.ts';
import { type BuilderTask, EVENTS_FD, REQUEST_FD } from './builder-protocol.ts';
import { cast } from './cast.ts';
import { explainFullDisk, writtenFolders } from './full-disk.ts';

/**
 * The builder process: reads its task, builds, and says on the event pipe what happens and how it ended. It runs as root of its
 * namespaces and is killed with them.
 * @returns exit status: 0 or 1
 */
export async function runBuilder(): Promise<number> {
  const startedAt = Date.now();
  let folders: readonly string[] = [];
  try {
    const task: BuilderTask = JSON.parse(readFileSync(REQUEST_FD, 'utf8'));
    folders = writtenFolders(task);
    await cast(task, send);
    send({ kind: 'build-finished', outcome: 'succeeded', ms: Date.now() - startedAt });
    return 0;
  } catch (thrown) {
    const error = await explainFullDisk(thrown, folders);
    send({ kind: 'build-finished', outcome: 'failed', ms: Date.now() - startedAt, error: toErrorReport(error) });
    return 1;
  }
}

/** Events are written at once, so that the last one before a crash is not lost. */
function send(event: BuildEventBody): void {
  const line = Buffer.from(`${JSON.stringify(event)}\n`);
  for (let sent = 0; sent < line.length; ) sent += writeSync(EVENTS_FD, line, sent);
}
