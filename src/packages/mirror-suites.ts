import type { Downloader } from '../host/download.ts';
import { IngotError } from '../model/error.ts';
import type { AptSource } from './apt-source.ts';

/**
 * Which suites a mirror has that may have been meant by one that it has not: those of the same release, else one of each release. It
 * asks for the list of a folder, which most mirrors show.
 * @returns names in order; none where the mirror shows no list
 */
export async function mirrorSuites({ uri, suite }: AptSource, downloader: Downloader): Promise<readonly string[]> {
  if (suite.endsWith('/')) return []; // a flat repository
  const page = await listOf(`${uri}/dists/`, downloader);
  const names = [...page.matchAll(/href="([a-z][\w.-]*)\/"/g)].map(([, name = '']) => name).sort();
  const ofRelease = names.filter((name) => releaseOf(name) === releaseOf(suite));
  return ofRelease.length > 0 ? ofRelease : [...new Set(names.map(releaseOf))];
}

function releaseOf(suite: string): string {
  return suite.replace(/-.*/, '');
}

async function listOf(url: string, downloader: Downloader): Promise<string> {
  try {
    const answer = await downloader.fetchDocument(url);
    return answer.kind === 'fetched' ? answer.content.toString('utf8') : '';
  } catch (error) {
    if (error instanceof IngotError && error.code === 'FETCH_FAILED') return ''; // it may be forbidden
    throw error;
  }
}
