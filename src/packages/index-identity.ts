import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { type Downloader, openDownloader, type Validators } from '../host/download.ts';
import { publicUrl } from '../host/fetch-fault.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { type AptSource, distinctSources, formatAptSource, indexUrl } from './apt-source.ts';

/** Which state of the repositories a build sees. Two builds with the same digest see the same packages. */
export interface IndexIdentity {
  /** SHA-256 over the signed release files of all sources, in order. */
  readonly digest: string;
  /** Newest `Date:` of them, in seconds since the Unix epoch; 0 when none has one. */
  readonly epoch: number;
  /** SHA-256 of each source's release file. */
  readonly releases: readonly string[];
  /** The release file of a source; empty for one that was not asked. Nobody has checked its signature yet. */
  readonly releaseOf: (source: AptSource) => string;
}

export interface IndexIdentityOptions {
  readonly sources: readonly AptSource[];
  /** Absolute path; release files are kept below it. */
  readonly imageCache: string;
  /** True takes the release files kept from the last time. */
  readonly isOffline: boolean;
  /** For proxies. */
  readonly env: Environment;
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
  await mkdir(folder, { recursive: true });
  const texts = options.isOffline
    ? await Promise.all(sources.map((source) => keptRelease(source, folder)))
    : await currentReleases(sources, folder, options);
  const releases = texts.map((text) => createHash('sha256').update(text).digest('hex'));
  return {
    digest: createHash('sha256').update(releases.join('\n')).digest('hex'),
    epoch: Math.max(0, ...texts.map(dateOf)),
    releases,
    releaseOf: (source) =>
      texts[sources.findIndex((one) => formatAptSource(one) === formatAptSource(source))]?.toString('utf8') ?? '',
  };
}

async function currentReleases(
  sources: readonly AptSource[],
  folder: string,
  options: IndexIdentityOptions,
): Promise<readonly Buffer[]> {
  await using downloader = await openDownloader({ env: options.env, signal: options.signal });
  return await Promise.all(sources.map((source) => currentRelease(source, folder, downloader)));
}

async function currentRelease(source: AptSource, folder: string, downloader: Downloader): Promise<Buffer> {
  for (const file of ['InRelease', 'Release']) {
    const url = indexUrl(source, file);
    const kept = await readKept(url, folder);
    const answer = await downloader.fetchDocument(url, kept?.validators);
    if (answer.kind === 'unchanged' && kept !== undefined) return kept.content;
    if (answer.kind !== 'fetched') continue;
    if (kept === undefined || !answer.content.equals(kept.content)) await keep(url, folder, answer);
    return answer.content;
  }
  throw new IngotError('FETCH_FAILED', `${publicUrl(indexUrl(source, 'InRelease'))} does not exist`, {
    hint: 'Check the address of the mirror and the name of the release.',
  });
}

async function keptRelease(source: AptSource, folder: string): Promise<Buffer> {
  for (const file of ['InRelease', 'Release']) {
    const kept = await readKept(indexUrl(source, file), folder);
    if (kept !== undefined) return kept.content;
  }
  throw new IngotError(
    'OFFLINE_MISS',
    `The build is offline and nothing is kept of ${publicUrl(source.uri)} ${source.suite}`,
    { hint: 'Build once with the network, so that the package index is kept.' },
  );
}

interface KeptRelease {
  readonly content: Buffer;
  readonly validators: Validators;
}

function keptPath(url: string, folder: string): string {
  return join(folder, createHash('sha256').update(url).digest('hex').slice(0, 32));
}

async function readKept(url: string, folder: string): Promise<KeptRelease | undefined> {
  try {
    const file = await readFile(keptPath(url, folder));
    const head = file.indexOf('\n');
    const [etag = '', lastModified = ''] = file.subarray(0, head).toString('utf8').split('\t');
    return {
      content: file.subarray(head + 1),
      validators: {
        etag: etag === '' ? undefined : etag,
        lastModified: lastModified === '' ? undefined : lastModified,
      },
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The validators stand in the first line of the kept file, so that both always belong together. */
async function keep(url: string, folder: string, release: KeptRelease): Promise<void> {
  const head = `${release.validators.etag ?? ''}\t${release.validators.lastModified ?? ''}\n`;
  await writeFileAtomically(keptPath(url, folder), Buffer.concat([Buffer.from(head), release.content]));
}

function dateOf(release: Buffer): number {
  const date = /^Date: (.+)$/m.exec(release.toString('latin1'))?.[1];
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}
