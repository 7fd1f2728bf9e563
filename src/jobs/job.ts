import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { ProcessIdentity } from '../host/process-identity.ts';

/** `died` says that nobody lived to tell. */
const STATES = ['running', 'succeeded', 'failed', 'cancelled', 'timed-out', 'died'] as const;

/** The latest build of one set of images, as it is written in a file and shown to callers. */
export const Job = z.object({
  id: z.string(),
  state: z.enum(STATES),
  /** Folder of the images. */
  output: z.string(),
  /** Tells whether two requests are the same; nothing can be read from it. */
  requestDigest: z.string(),
  process: ProcessIdentity,
  /** Whether it has a session of its own. */
  isDetached: z.boolean(),
  /** ISO 8601, in UTC. */
  startedAt: z.string(),
  endedAt: z.string().optional(),
  exitStatus: z.number().int().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  logFile: z.string(),
});
export type Job = Readonly<z.infer<typeof Job>>;

/**
 * Name of the job that builds a set of images. A set has one metadata file, so its path tells sets apart.
 * @param metadataPath absolute path of the file that describes the images
 */
export function jobIdOf(metadataPath: string): string {
  const name = basename(metadataPath, extname(metadataPath)).replaceAll(/[^\w.-]/g, '_');
  const digest = createHash('sha256').update(metadataPath).digest('hex');
  return `${name}-${digest.slice(0, 8)}`;
}

/** Digest of a request, which tells whether another one is the same. */
export function requestDigestOf(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}
