import { expect, test } from 'vitest';
import { inWordsOfTheRequest } from '../../../src/commands/fuel-words.ts';
import { IngotError } from '../../../src/model/error.ts';
import { readFuelRequest } from '../../../src/spec/fuel-request.ts';
import { SAMPLE_REQUEST } from '../../support/fuel-request.ts';

const { repositories } = readFuelRequest(JSON.stringify(SAMPLE_REQUEST));

test.each([
  {
    of: new IngotError(
      'FETCH_FAILED',
      'http://archive.ubuntu.com/ubuntu/dists/trusty-updates/InRelease does not exist',
      {
        hint: 'Check the name of the release (DIB_RELEASE). The mirror has: trusty, xenial.',
      },
    ),
    hint: 'Check repos[1] (ubuntu-updates): its "uri" and "suite"; and the network and "proxies". The mirror has: trusty, xenial.',
  },
  {
    of: new IngotError(
      'FETCH_FAILED',
      'http://10.20.0.2:8080/2014.2-6.1/ubuntu/x86_64/pool/a.deb could not be fetched',
      {
        hint: 'Build offline with --offline.',
      },
    ),
    hint: 'Check repos[3] (mos): its "uri" and "suite"; and the network and "proxies".',
  },
  {
    of: new IngotError('FETCH_FAILED', 'http://elsewhere/file could not be fetched', { hint: 'Check elsewhere.' }),
    hint: 'Check elsewhere.',
  },
  {
    of: new IngotError('PACKAGE_UNKNOWN', 'No package source has the package a', { hint: 'DIB_DEBIAN_COMPONENTS' }),
    hint: 'Add the repository or the component that has it to the request, or say with "packages" what to install.',
  },
])('names the repository and fields for: $of.message', ({ of, hint }) => {
  expect(inWordsOfTheRequest(of, repositories)).toMatchObject({
    code: of.code,
    message: of.message,
    details: { hint },
  });
});

test('names the repository whose signature was refused', () => {
  const tail = [
    "E: The repository 'http://10.20.0.2:8080/2014.2-6.1/ubuntu/auxiliary auxiliary InRelease' is not signed.",
  ];
  const refused = new IngotError('SIGNATURE_INVALID', 'A repository is not signed', { tail });

  expect(inWordsOfTheRequest(refused, repositories)).toMatchObject({
    message: 'repos[4] (Auxiliary) is not signed by a key that is trusted for it',
    details: { tail, hint: expect.stringContaining('"trusted": true') },
  });
});
