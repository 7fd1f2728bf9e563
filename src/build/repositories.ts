import type { Element } from '../model/element.ts';
import { IngotError } from '../model/error.ts';
import { type AptRepositories, openAptRepositories } from './apt-repositories.ts';
import type { RepositoriesOptions } from './repositories-options.ts';
import type { RequestHandler } from './request-channel.ts';
import { openRpmRepositories, type RpmRepositories } from './rpm-repositories.ts';

/** The package repositories of a build: their state, and what hooks get of them. */
export interface Repositories extends AsyncDisposable {
  /** Digest of their indices; empty where the elements name no repositories that ingot knows. */
  readonly identity: string;
  /** When the repositories last changed, in seconds since the Unix epoch; undefined where there are none. */
  readonly changedAt: number | undefined;
  readonly handlers: Readonly<Record<string, RequestHandler>>;
  readonly apt: AptRepositories;
  readonly rpm: RpmRepositories;
}

/**
 * Asks the repositories for their state, by their indices alone.
 * @throws IngotError `FETCH_FAILED`, `OFFLINE_MISS`, `DEFINITION_INVALID`, `TOOL_MISSING`
 */
export async function openRepositories(options: RepositoriesOptions): Promise<Repositories> {
  await using opened = new AsyncDisposableStack();
  const { elements } = options;
  const apt = opened.use(await forSystemOf(elements, openAptRepositories(options)));
  const rpm = opened.use(await forSystemOf(elements, openRpmRepositories(options)));
  const owned = opened.move();
  return {
    identity: [apt.identity, rpm.identity].filter((digest) => digest !== '').join(' '),
    changedAt: apt.changedAt ?? rpm.changedAt,
    handlers: { ...apt.handlers, ...rpm.handlers },
    apt,
    rpm,
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

/** Adds to a fault of the package sources which element they are for. */
async function forSystemOf<T>(elements: readonly Element[], work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const system = elements.find((element) => element.provides.includes('operating-system'));
    if (!(error instanceof IngotError) || error.kind !== 'fetch' || system === undefined) throw error;
    const hint = `The element ${system.name} makes its system from there. ${error.hint ?? ''}`.trim();
    throw new IngotError(error.code, error.message, { ...error.details, hint, cause: error });
  }
}
