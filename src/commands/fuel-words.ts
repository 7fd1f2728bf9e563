import { publicUrl } from '../host/fetch-fault.ts';
import { IngotError } from '../model/error.ts';
import type { FuelRepository } from '../spec/fuel-request.ts';

/** Says an error of a build in words of the request that asked for it: which repository it is about, and which fields can mend it. */
export function inWordsOfTheRequest(error: IngotError, repositories: readonly FuelRepository[]): IngotError {
  switch (error.code) {
    case 'PACKAGE_UNKNOWN':
      return withHint(
        error,
        'Add the repository or the component that has it to the request, or say with "packages" what to install.',
      );
    case 'SIGNATURE_INVALID':
      return unsigned(error, repositories);
    case 'FETCH_FAILED':
      return notFetched(error, repositories);
    default:
      return error;
  }
}

function unsigned(error: IngotError, repositories: readonly FuelRepository[]): IngotError {
  const text = (error.details.tail ?? []).join('\n');
  const place = placeOf(repositories, (repository) =>
    ['InRelease', 'Release'].some((file) => text.includes(`${addressOf(repository)} ${repository.suite} ${file}`)),
  );
  if (place === undefined) return error;
  return new IngotError(error.code, `${place} is not signed by a key that is trusted for it`, {
    ...error.details,
    hint: 'Add its public key to the request as "key", name a file with it as "keyring", or take it as it is with "trusted": true.',
  });
}

function notFetched(error: IngotError, repositories: readonly FuelRepository[]): IngotError {
  const isOfSuite = (repository: FuelRepository) =>
    ['dists/', ''].some((folder) => error.message.includes(`${addressOf(repository)}/${folder}${repository.suite}/`));
  const isOfServer = (repository: FuelRepository) => error.message.includes(`${addressOf(repository)}/`);
  const place = placeOf(repositories, isOfSuite) ?? placeOf(repositories, isOfServer);
  if (place === undefined) return error;
  const choices = / The mirror has: .*$/.exec(error.details.hint ?? '')?.[0] ?? '';
  return withHint(error, `Check ${place}: its "uri" and "suite"; and the network and "proxies".${choices}`);
}

function withHint(error: IngotError, hint: string): IngotError {
  return new IngotError(error.code, error.message, { ...error.details, hint });
}

/** Such as `repos[3] (mos)`; undefined where no repository is meant. */
function placeOf(
  repositories: readonly FuelRepository[],
  isMeant: (repository: FuelRepository) => boolean,
): string | undefined {
  const index = repositories.findIndex(isMeant);
  return index === -1 ? undefined : `repos[${index}] (${repositories[index]?.name})`;
}

/** As it stands in messages. */
function addressOf({ uri }: FuelRepository): string {
  return publicUrl(uri).replace(/\/+$/, '');
}
