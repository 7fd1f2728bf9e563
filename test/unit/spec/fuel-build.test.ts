import { expect, test } from 'vitest';
import { targetBuildOf } from '../../../src/spec/fuel-build.ts';
import { readFuelRequest } from '../../../src/spec/fuel-request.ts';
import { SAMPLE_REQUEST } from '../../support/fuel-request.ts';

const facts = {
  imageCache: '/cache',
  temporaryFolder: '/tmp',
  environment: { PATH: '/bin', HOME: '/root', DIB_RELEASE: 'sid', http_proxy: 'http://callers:1' },
  keyrings: SAMPLE_REQUEST.repos.map(({ name }, index) => (index === 4 ? undefined : [`/keys/${name}.gpg`])),
  rootPasswordHash: '$6$hash',
};

const build = (change: Readonly<Record<string, unknown>> = {}) =>
  targetBuildOf(readFuelRequest(JSON.stringify({ ...SAMPLE_REQUEST, ...change })), facts);

test('every repository is a source with its keys, and those with priorities are pinned', () => {
  const { DIB_APT_SOURCES_CONF: sources, DIB_APT_PINS: pins } = build().environment;

  expect(sources?.split('\n')).toEqual([
    'repository-00:deb [signed-by=/keys/ubuntu.gpg] http://archive.ubuntu.com/ubuntu trusty main universe multiverse',
    'repository-01:deb [signed-by=/keys/ubuntu-updates.gpg] http://archive.ubuntu.com/ubuntu trusty-updates main universe',
    'repository-02:deb [signed-by=/keys/ubuntu-security.gpg] http://archive.ubuntu.com/ubuntu trusty-security main universe',
    'repository-03:deb [signed-by=/keys/mos.gpg] http://10.20.0.2:8080/2014.2-6.1/ubuntu/x86_64 mos6.1 main restricted',
    'repository-04:deb [trusted=yes] http://10.20.0.2:8080/2014.2-6.1/ubuntu/auxiliary auxiliary main restricted',
  ]);
  expect(pins).toBe('repository-03 1050\nrepository-04 1150');
});

test('environments that differ in names and places alone are the same build', () => {
  const image_data = { '/': { uri: '/env_2.img', format: 'ext4', container: 'gzip' } };
  const one = build({ image_data: { '/': { uri: '/env_1.img', format: 'ext4', container: 'gzip' } } });

  expect(build({ image_data, output: '/elsewhere' })).toEqual(one);
});

test.each([
  { value: undefined, isAllowed: true },
  { value: '', isAllowed: true },
  { value: '0', isAllowed: true },
  { value: '1', isAllowed: false },
  { value: 'yes', isAllowed: false },
])('DIB_NO_TMPFS=$value lets it build in memory: $isAllowed', ({ value, isAllowed }) => {
  const environment = { ...facts.environment, ...(value === undefined ? {} : { DIB_NO_TMPFS: value }) };

  const { tmpfs } = targetBuildOf(readFuelRequest(JSON.stringify(SAMPLE_REQUEST)), { ...facts, environment });

  expect(tmpfs).toEqual({ isAllowed, minGib: 4 });
});

test("the caller's settings for elements do not count", () => {
  expect(build().environment).toMatchObject({ DIB_RELEASE: 'trusty', PATH: '/bin' });
});

test("the request's proxies take the place of the caller's, and hooks see neither", () => {
  const proxies = {
    protocols: { http: 'http://proxy:3128', https: null },
    direct_repo_addr_list: ['10.20.0.2', 'mirror'],
  };

  const asked = build({ proxies });

  expect(asked.access?.proxies).toEqual({ http_proxy: 'http://proxy:3128', no_proxy: '10.20.0.2,mirror' });
  expect(build().access?.proxies).toEqual({ http_proxy: 'http://callers:1' });
  expect(asked.environment).toEqual(build().environment);
});

test('hooks see no credentials, and which they are does not matter to them', () => {
  const [first, ...others] = SAMPLE_REQUEST.repos;
  const withLogin = (login: string) => build({ repos: [{ ...first, uri: `http://${login}mirror/u` }, ...others] });

  const reached = withLogin('ann:sea%2Dshell@');

  expect(reached.access?.credentials).toEqual([{ address: 'http://mirror/u', user: 'ann', password: 'sea-shell' }]);
  expect(reached.environment).toEqual(withLogin('').environment);
  expect(withLogin('').access?.credentials).toEqual([]);
});
