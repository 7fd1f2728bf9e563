import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Builds whose events are kept. */
const KEPT_BUILDS = 30;

/** Name of the log of events in the folder of its build. */
export const EVENT_LOG_NAME = 'events.ndjson';

/**
 * The folder for the logs of a build that starts now; older ones beyond the thirty latest are removed.
 * @param logFolder folder of all builds' logs
 * @param at milliseconds since the Unix epoch
 */
export async function claimLogFolder(logFolder: string, at: number, id: string): Promise<string> {
  const names = await readdir(logFolder).catch(() => []);
  const old = names.filter((name) => BUILD_FOLDER.test(name)).sort();
  for (const name of old.slice(0, Math.max(0, old.length - KEPT_BUILDS + 1)))
    await rm(join(logFolder, name), { recursive: true, force: true });
  const moment = new Date(at).toISOString().slice(0, 19).replaceAll(':', '-');
  return join(logFolder, `${moment}-${id}`);
}

const BUILD_FOLDER = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-/;
