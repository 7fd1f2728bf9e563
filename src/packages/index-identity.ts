import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openDownloader } from '../host/download.ts';
import { publicUrl } from '../host/fetch-fault.ts';
import { currentDocument, type DocumentSource } from '../host/kept-document.ts';
import type { Credential } from '../model/access.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { type AptSource, distinctSources, formatAptSource, indexUrl } from './apt-source.ts';
import { mirrorSuites } from './mirror-suites.ts';

/** Which state of the repositories a build sees. Two builds with the same digest see the same packages. */
export interface IndexIdentity {
  /** SHA-256 over the signed release files of all sources, in order. */
  readonly digest: string;
  /** Newest `Date:` of them, in seconds since the Unix epoch; 0 when none has one. */
  readonly epoch: number;
  /** SHA-256 of each source's release file. */
  readonly releases: readonly string[];
  /** The release file of each source, by the line of the source. Nobody has checked its signature yet. */
  readonly texts: Readonly<Record<string, string>>;
}

export interface IndexIdentityOptions {
  readonly sources: readonly AptSource[];
  /** Absolute path; release files are kept below it. */
  readonly imageCache: string;
  /** True takes the release files kept from the last time. */
  readonly isOffline: boolean;
  /** For proxies. */
  readonly env: Environment;
  readonly credentials?: readonly Credential[];
  readonly signal?: AbortSignal;
}

/**
 * Asks the repositories which state they are in, by their release files alone; what did not change is not sent again where the server
 * can tell. Signatures are checked by apt when packages are resolved, not here.
 * @throws IngotError `FETCH_FAILED`, `OFFLINE_MISS`, `CANCELLED`
 */
export async function indexIdentity(options: IndexIdentityOptions): Promise<IndexIdentity> {
  const sources = distinctSources(options.sources);
  const folder = join(options.imageCache, 'ingot', 'apt', 'releases');
  await using downloader = options.isOffline ? undefined : await openDownloader(options);
  const texts = await readReleases(sources, { folder, downloader });
  const releases = texts.map((text) => createHash('sha256').update(text).digest('hex'));
  return {
    digest: createHash('sha256').update(releases.join('\n')).digest('hex'),
    epoch: Math.max(0, ...texts.map(dateOf)),
    releases,
    texts: Object.fromEntries(
      sources.map((source, index) => [formatAptSource(source), texts[index]?.toString('utf8') ?? '']),
    ),
  };
}

/** Of several faults, always that of the first source is thrown. */
async function readReleases(sources: readonly AptSource[], documents: DocumentSource): Promise<readonly Buffer[]> {
  const answers = await Promise.allSettled(sources.map(async (source) => await readRelease(source, documents)));
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  });
}

async function readRelease(source: AptSource, documents: DocumentSource): Promise<Buffer> {
  for (const file of ['InRelease', 'Release']) {
    const release = await currentDocument(indexUrl(source, file), documents);
    if (release !== undefined) return release;
  }
  if (documents.downloader === undefined)
    throw new IngotError(
      'OFFLINE_MISS',
      `The build is offline and nothing is kept of ${publicUrl(source.uri)} ${source.suite}`,
      { hint: 'Build once with the network, so that the package index is kept.' },
    );
  const suites = await mirrorSuites(source, documents.downloader);
  const choices = suites.length === 0 ? '' : ` The mirror has: ${suites.join(', ')}.`;
  throw new IngotError('FETCH_FAILED', `${publicUrl(indexUrl(source, 'InRelease'))} does not exist`, {
    hint: `Check the address of the mirror and the name of the release (DIB_RELEASE).${choices}`,
  });
}

function dateOf(release: Buffer): number {
  const date = /^Date: (.+)$/m.exec(release.toString('latin1'))?.[1];
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}
