import { expect, test } from 'vitest';
import { aptError } from '../../../src/packages/apt-fault.ts';

const CASES = [
  [
    "W: GPG error: http://m.example stable InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 1234",
    'SIGNATURE_INVALID',
    'http://m.example stable is signed by the key 1234, which is not trusted for it',
  ],
  [
    'E: OpenPGP signature verification failed: http://m.example stable InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 0A1B2C3D, which is needed to verify signature.',
    'SIGNATURE_INVALID',
    'http://m.example stable is signed by the key 0A1B2C3D, which is not trusted for it',
  ],
  [
    "E: The repository 'http://m.example stable InRelease' is not signed.",
    'SIGNATURE_INVALID',
    'not signed by a key that is trusted',
  ],
  [
    'E: Release file for http://m.example/dists/stable/InRelease is expired (invalid since 3d 1s). Updates for this repository will not be applied.',
    'FETCH_FAILED',
    'The release file of http://m.example/dists/stable/InRelease is expired',
  ],
  [
    'E: Failed to fetch http://m.example/Packages  File has unexpected size (12 != 13). Mirror sync in progress?',
    'DIGEST_MISMATCH',
    'http://m.example/Packages is not what the signed index says',
  ],
  [
    "E: The repository 'http://m.example nowhere Release' does not have a Release file.",
    'FETCH_FAILED',
    'http://m.example nowhere is no package repository',
  ],
  [
    'E: Failed to fetch http://m.example/x  Could not connect',
    'FETCH_FAILED',
    'http://m.example/x could not be fetched',
  ],
  ['E: Unable to locate package nonsense', 'PACKAGE_UNKNOWN', 'No package source has the package nonsense'],
  ["E: Package 'gone' has no installation candidate", 'PACKAGE_UNKNOWN', 'No package source has the package gone'],
  [
    'The following packages have unmet dependencies:\n a : Depends: b but it is not installable\nE: Unable to correct problems, you have held broken packages.',
    'PACKAGES_UNRESOLVABLE',
    'cannot be installed together',
  ],
  ['E: Write error - write (28: No space left on device)', 'DISK_FULL', 'no space left'],
  ['E: something else', 'TOOL_FAILED', 'apt-get failed: subject'],
] as const;

test.each(CASES)('explains "%s"', (output, code, message) => {
  const error = aptError(output, 'subject');

  expect(error.code).toBe(code);
  expect(error.message).toContain(message);
  expect(error.details.tail?.join('\n')).toBe(output);
});
