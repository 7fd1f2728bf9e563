import { IngotError } from '../model/error.ts';
import type { ErrorCode } from '../model/error-codes.ts';

/** What `lib/fetch-rpms` says when it cannot do what it was asked for. */
export interface DnfFault {
  readonly fault: string;
  /** Words of dnf, or names. */
  readonly text: string;
}

interface FaultMeaning {
  readonly code: ErrorCode;
  readonly message: (text: string) => string;
  readonly hint: string;
}

const CHECK_NETWORK =
  'Check DIB_RELEASE, the network and the proxy (http_proxy), or build offline from what is cached with --offline.';

const MEANINGS: Readonly<Record<string, FaultMeaning>> = {
  'no-repository': {
    code: 'DEFINITION_INVALID',
    message: () => 'The repository files of the elements have no repository that is enabled',
    hint: 'Each needs a section with baseurl, metalink or mirrorlist, and no enabled=0.',
  },
  repository: {
    code: 'FETCH_FAILED',
    message: (text) => `A package index could not be fetched: ${text}`,
    hint: CHECK_NETWORK,
  },
  download: {
    code: 'FETCH_FAILED',
    message: (text) => `Packages could not be fetched: ${text}`,
    hint: CHECK_NETWORK,
  },
  digest: {
    code: 'DIGEST_MISMATCH',
    message: (text) => `A package is not what its index says: ${text}`,
    hint: 'The mirror is probably in the middle of an update: try again in some minutes, or another mirror.',
  },
  'not-cached': {
    code: 'OFFLINE_MISS',
    message: (text) => `The build is offline and this is not in the cache: ${text}`,
    hint: 'Build once with the network.',
  },
  unknown: {
    code: 'PACKAGE_UNKNOWN',
    message: (text) => `No repository has these packages: ${text}`,
    hint: 'Check the names, the release and the repositories.',
  },
  unresolvable: {
    code: 'PACKAGES_UNRESOLVABLE',
    message: (text) => `The wanted packages cannot be installed together: ${text}`,
    hint: 'A repository is missing, or the mirror is in the middle of an update.',
  },
  signature: {
    code: 'SIGNATURE_INVALID',
    message: (text) => `A package is not signed by a key of its repository: ${text}`,
    hint: 'Check gpgkey= in the .repo file (DIB_YUM_MINIMAL_BOOTSTRAP_REPOS); gpgcheck=0 there trusts the repository as it is.',
  },
};

/** The error for a fault. One of an unknown kind is `TOOL_FAILED`. */
export function dnfError({ fault, text }: DnfFault): IngotError {
  const kind = /checksum doesn't match|Inconsistent server data/i.test(text) ? 'digest' : fault;
  const meaning = MEANINGS[kind];
  if (meaning === undefined) return new IngotError('TOOL_FAILED', `dnf failed: ${text}`);
  return new IngotError(meaning.code, meaning.message(text), { hint: meaning.hint });
}
