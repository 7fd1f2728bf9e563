import { expect, test } from 'vitest';
import {
  distinctSources,
  formatAptSource,
  indexUrl,
  parseAptSource,
  parseSourcesConf,
} from '../../../src/packages/apt-source.ts';

test('reads and writes a line of sources.list', () => {
  const source = parseAptSource('deb  [ arch=amd64  trusted=yes ] http://a.example/debian/ bookworm main contrib');

  expect(source).toEqual({
    options: 'arch=amd64  trusted=yes',
    uri: 'http://a.example/debian',
    suite: 'bookworm',
    components: ['main', 'contrib'],
  });
});

test.each([
  ['deb http://a.example/debian bookworm main', 'http://a.example/debian/dists/bookworm/InRelease'],
  ['deb http://a.example/flat ./', 'http://a.example/flat/InRelease'],
  ['deb http://a.example/flat sub/', 'http://a.example/flat/sub/InRelease'],
])('knows where the index of "%s" is', (line, url) => {
  const source = parseAptSource(line);

  expect(source && indexUrl(source, 'InRelease')).toBe(url);
  expect(source && formatAptSource(source)).toBe(line);
});

test.each([
  '',
  '# deb http://a.example x main',
  'deb-src http://a.example x main',
  'deb http://a.example',
  'http://a.example',
])('takes "%s" for no source of packages', (line) => {
  expect(parseAptSource(line)).toBeUndefined();
});

test('reads DIB_APT_SOURCES_CONF with names, blank lines and sources of code', () => {
  const sources = parseSourcesConf('default:deb http://a.example x main\n\n  code:deb-src http://a.example x main\n');

  expect(sources.map(({ name, line }) => [name, line])).toEqual([
    ['default', 'deb http://a.example x main'],
    ['code', 'deb-src http://a.example x main'],
  ]);
  expect(sources.map(({ source }) => source?.suite)).toEqual(['x', undefined]);
});

test('names every line of DIB_APT_SOURCES_CONF that it cannot read', () => {
  const text = 'deb http://a.example x main\nok:deb http://a.example x main\nb:rpm http://a.example';

  expect(() => parseSourcesConf(text)).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      details: expect.objectContaining({
        issues: [
          { message: 'line 1 of DIB_APT_SOURCES_CONF is "deb http://a.example x main"' },
          { message: 'line 3 of DIB_APT_SOURCES_CONF is "b:rpm http://a.example"' },
        ],
      }),
    }),
  );
});

test('keeps one of two equal sources', () => {
  const [one, same, other] = [
    'deb http://a.example/ x main',
    'deb http://a.example x main',
    'deb http://a.example y main',
  ].flatMap((line) => parseAptSource(line) ?? []);

  expect(one && same && other && distinctSources([one, same, other])).toEqual([same, other]);
});
