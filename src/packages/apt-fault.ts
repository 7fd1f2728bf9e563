import { IngotError } from '../model/error.ts';
import type { ErrorCode } from '../model/error-codes.ts';

interface AptFault {
  readonly code: ErrorCode;
  readonly pattern: RegExp;
  /** @param key the second group of the pattern @param all what the pattern names, wherever it matches */
  readonly message: (subject: string, key: string, all: readonly string[]) => string;
  readonly hint: string;
}

const KEYRING_HINT =
  'Install the newest keyring of the distribution (debian-archive-keyring, ubuntu-keyring), or name the keyring of the repository with DIB_APT_KEYRING (more keys: DIB_ADD_APT_KEYS).';

const UNKNOWN_HINT =
  'Check the name and the release, and whether its component (contrib, non-free, non-free-firmware) is in DIB_DEBIAN_COMPONENTS.';

/** Words of apt's C-locale output that tell faults apart; the first that matches counts. */
const APT_FAULTS: readonly AptFault[] = [
  {
    code: 'DISK_FULL',
    pattern: /(No space left on device)/,
    message: () => 'There is no space left for the package index',
    hint: 'Free space where the image cache is, or name another place with DIB_IMAGE_CACHE.',
  },
  {
    code: 'SIGNATURE_INVALID',
    pattern:
      /(?:GPG error|signature verification failed): (\S+ \S+) (?:In)?Release: .*(?:NO_PUBKEY|Missing key) ([0-9A-F]+)/,
    message: (subject, key) => `${subject} is signed by the key ${key}, which is not trusted for it`,
    hint: KEYRING_HINT,
  },
  {
    code: 'SIGNATURE_INVALID',
    pattern:
      /(?:error: |repository '|GPG error: |signature.*: )?(\S+)?.*(?:NO_PUBKEY|EXPKEYSIG|REVKEYSIG|BADSIG|EXPSIG|is not signed|not valid: |Missing key|No good signature|signatures? (?:were|was|is) invalid|signatures couldn't be verified|sqv returned an error)/,
    message: () => 'A repository is not signed by a key that is trusted for it',
    hint: KEYRING_HINT,
  },
  {
    code: 'FETCH_FAILED',
    pattern: /Release file for (\S+) is (?:expired|not valid yet)/,
    message: (subject) => `The release file of ${subject} is expired or not valid yet`,
    hint: 'Check the clock; for a frozen mirror set Acquire::Check-Valid-Until "false" in a file named by DIB_APT_CONF.',
  },
  {
    code: 'DIGEST_MISMATCH',
    pattern: /Failed to fetch (\S+)\s+.*(?:Hash Sum mismatch|unexpected size)/s,
    message: (subject) => `${subject} is not what the signed index says`,
    hint: 'The mirror is probably in the middle of an update: try again in some minutes, or another mirror.',
  },
  {
    code: 'FETCH_FAILED',
    pattern: /repository '(\S+ \S+) Release' does not have a Release file/,
    message: (subject) => `${subject} is no package repository: it has no release file`,
    hint: 'Check the address of the mirror and the name of the release.',
  },
  {
    code: 'FETCH_FAILED',
    pattern: /Failed to fetch (\S+)/,
    message: (subject) => `${subject} could not be fetched`,
    hint: 'Check the network, the name of the mirror and the proxy (http_proxy), or build offline from what is cached with --offline.',
  },
  {
    code: 'PACKAGE_UNKNOWN',
    pattern:
      /Unable to locate package (\S+)|Package '([^']+)' has no installation candidate|Version '[^']*' for '([^']+)' was not found/,
    message: (_subject, _key, all) => unknownText(all),
    hint: UNKNOWN_HINT,
  },
  {
    code: 'PACKAGES_UNRESOLVABLE',
    pattern: /(unmet dependencies|Unable to correct problems|held broken packages|Unable to satisfy dependencies)/,
    message: () => 'The wanted packages cannot be installed together',
    hint: 'The lines above name the packages that exclude each other or need what no source has; leave one out or add a source.',
  },
];

/** Explains why an apt program failed: the code that fits, what to do, and apt's own last words. */
export function aptError(output: string, subject: string): IngotError {
  const tail = output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-15);
  for (const { code, pattern, message, hint } of APT_FAULTS) {
    const match = pattern.exec(output);
    if (match === null) continue;
    const named = subjectOf(match) ?? subject;
    const all = [...output.matchAll(new RegExp(pattern, `${pattern.flags}g`))].flatMap((one) => subjectOf(one) ?? []);
    return new IngotError(code, message(named, match[2] ?? '', [...new Set(all)]), { hint, tail });
  }
  return new IngotError('TOOL_FAILED', `apt-get failed: ${subject}`, { tail });
}

/** The error for packages that are in no index. */
export function packagesUnknown(names: readonly string[]): IngotError {
  return new IngotError('PACKAGE_UNKNOWN', unknownText(names), { hint: UNKNOWN_HINT });
}

function subjectOf(match: RegExpExecArray): string | undefined {
  return match.slice(1).find((group) => group !== undefined);
}

function unknownText(names: readonly string[]): string {
  return `No package source has the package${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
