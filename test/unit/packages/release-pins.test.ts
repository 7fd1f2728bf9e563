import { expect, test } from 'vitest';
import { type AptSource, formatAptSource } from '../../../src/packages/apt-source.ts';
import { firstStanza } from '../../../src/packages/deb822.ts';
import { pinPreferences } from '../../../src/packages/release-pins.ts';

const source: AptSource = { options: '', uri: 'http://ann:pw@mirror:81/mos', suite: 'mos9.0', components: ['main'] };

const RELEASE = `Origin: Mirantis
Label: mos 9.0
Suite: mos9.0
Codename: mos9.0
Version: 16.10
Date: Sat, 21 Nov 2026 12:00:00 UTC
SHA256:
 0123 17 main/binary-amd64/Packages
`;

const preferences = (release: string) =>
  pinPreferences([{ source, priority: 1050 }], { [formatAptSource(source)]: release });

test('a source is told by what its release file says of it, but not by components', () => {
  expect(preferences(`${RELEASE}Components: main restricted\n`)).toBe(
    'Package: *\nPin: release a=mos9.0, n=mos9.0, v=16.10, o=Mirantis, l=mos 9.0\nPin-Priority: 1050\n',
  );
});

test('a value with a comma, which apt would divide, does not count', () => {
  expect(preferences('Suite: stable\nLabel: Ann, Bob and more\n')).toContain('Pin: release a=stable\n');
});

test('a source whose release file says nothing is told by its host', () => {
  expect(preferences('Date: Sat, 21 Nov 2026 12:00:00 UTC\n')).toContain('Pin: origin "mirror"\n');
});

test('several pins are stanzas of their own', () => {
  const pins = [1050, 1100].map((priority) => ({ source, priority }));

  expect(pinPreferences(pins, { [formatAptSource(source)]: RELEASE }).split('\n\n')).toHaveLength(2);
});

test('a text signed in the clear is read without its signature', () => {
  const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${RELEASE}- -- escaped\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n`;

  const fields = firstStanza(signed);

  expect(fields.get('version')).toBe('16.10');
  expect(fields.get('sha256')).toBe('\n0123 17 main/binary-amd64/Packages');
  expect(fields.has('hash')).toBe(false);
});
