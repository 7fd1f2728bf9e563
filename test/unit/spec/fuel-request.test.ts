import { describe, expect, test } from 'vitest';
import { IngotError } from '../../../src/model/error.ts';
import { readFuelRequest } from '../../../src/spec/fuel-request.ts';
import { SAMPLE_REQUEST } from '../../support/fuel-request.ts';

const read = (request: unknown) => readFuelRequest(JSON.stringify(request));

/** The faults of a request, each as the line that a person sees. */
function faultsOf(text: string): readonly string[] {
  try {
    readFuelRequest(text);
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'FUEL_REQUEST_INVALID') throw error;
    return (error.details.issues ?? [error]).map(({ message }) => message);
  }
  return [];
}

const faults = (change: Readonly<Record<string, unknown>>) =>
  faultsOf(JSON.stringify({ ...SAMPLE_REQUEST, ...change }));

const repo = (change: Readonly<Record<string, unknown>>) =>
  faults({ repos: [{ ...SAMPLE_REQUEST.repos[0], ...change }] });

const images = (change: Readonly<Record<string, unknown>>) =>
  faults({ image_data: { ...SAMPLE_REQUEST.image_data, ...change } });

const image = (change: Readonly<Record<string, unknown>>) =>
  images({ '/': { ...SAMPLE_REQUEST.image_data['/'], ...change } });

describe('the sample of the specification', () => {
  test('is understood unchanged', { tags: ['fuel.sample'] }, () => {
    const request = read(SAMPLE_REQUEST);

    expect(request.images).toEqual([
      { mountPoint: '/', filesystem: 'ext4', container: 'gzip', name: 'env_1_ubuntu_1404_amd64.img.gz' },
      { mountPoint: '/boot', filesystem: 'ext2', container: 'gzip', name: 'env_1_ubuntu_1404_amd64-boot.img.gz' },
    ]);
    expect(request.metadataName).toBe('env_1_ubuntu_1404_amd64.yaml');
    expect(request.repositories.map(({ priority }) => priority)).toEqual([undefined, undefined, undefined, 1050, 1150]);
    expect(request.repositories[0]?.components).toEqual(['main', 'universe', 'multiverse']);
  });

  test.each([
    ['precise', 42, ['libstomp-ruby1.8', 'linux-image-generic-lts-trusty', 'nailgun-net-check', 'ruby-stomp']],
    ['trusty', 41, ['linux-firmware-nonfree', 'linux-image-generic-lts-trusty', 'nailgun-net-check', 'ruby-json']],
    ['xenial', 44, ['linux-image-generic-lts-xenial', 'multipath-tools-boot', 'network-checker', 'ntpdate']],
  ])('gets the packages that nodes of %s always had', (codename, count, some) => {
    const { packages } = read({ ...SAMPLE_REQUEST, codename });

    expect(packages).toHaveLength(count);
    expect(packages).toEqual(expect.arrayContaining(['grub-pc', 'nailgun-agent', ...some]));
  });

  test('may have fields that nobody knows, anywhere', { tags: ['fuel.sample'] }, () => {
    const odd = { ...SAMPLE_REQUEST, tmp_dir: 7, repos: [{ ...SAMPLE_REQUEST.repos[0], by: 'hand' }] };

    expect(read(odd).repositories).toHaveLength(1);
  });
});

describe('repositories', { tags: ['fuel.repositories'] }, () => {
  const only = (change: Readonly<Record<string, unknown>>) =>
    read({ ...SAMPLE_REQUEST, repos: [{ ...SAMPLE_REQUEST.repos[0], ...change }] }).repositories[0];

  test.each([{ section: '' }, { section: null }, { section: undefined }])(
    'without components are flat: %o',
    (change) => {
      expect(only(change)).toMatchObject({ suite: 'trusty/', components: [] });
    },
  );

  test('keep the path of a flat index', () => {
    expect(only({ section: '', suite: './' })?.suite).toBe('./');
  });

  test.each([{ priority: null }, { priority: undefined }])('may leave their priority to apt: %o', (change) => {
    expect(only(change)?.priority).toBeUndefined();
  });

  test('say who signs them', () => {
    const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n';

    expect(only({})?.trust).toEqual({ kind: 'machine' });
    expect(only({ key })?.trust).toEqual({ kind: 'key', text: key });
    expect(only({ keyring: '/keys/mos.gpg' })?.trust).toEqual({ kind: 'keyring', path: '/keys/mos.gpg' });
    expect(only({ trusted: true })?.trust).toEqual({ kind: 'unsigned' });
  });
});

test('the name of the metadata ends at the first full stop of the root image', { tags: ['fuel.names'] }, () => {
  const uri = 'http://host/a/env_7.v1.img.gz?token=x.y#z';

  expect(read({ ...SAMPLE_REQUEST, image_data: { '/': { uri, format: 'ext4', container: 'raw' } } })).toMatchObject({
    metadataName: 'env_7.yaml',
    images: [{ name: 'env_7.v1.img.gz' }],
  });
});

test('a hash of the password goes before the password', () => {
  const both = { ...SAMPLE_REQUEST, root_password: 'secret', hashed_root_password: '$6$salt$hash' };

  expect(read(both).rootPassword).toEqual({ kind: 'hash', text: '$6$salt$hash' });
});

test('packages take the place of the default ones', () => {
  expect(read({ ...SAMPLE_REQUEST, packages: ['nginx'] }).packages).toEqual(['nginx']);
});

describe('a fault is told with its field', { tags: ['fuel.validation'] }, () => {
  test.each([
    ['image_data is missing', () => faults({ image_data: undefined })],
    [
      'image_data["/"] is missing: the root is always an image',
      () => faults({ image_data: { '/boot': SAMPLE_REQUEST.image_data['/boot'] } }),
    ],
    ['image_data["/"].uri is missing', () => image({ uri: undefined })],
    ['image_data["/"].uri has control characters', () => image({ uri: 'http://host/a\nb' })],
    ['image_data["/"].format has to be one of ext2, ext3, ext4, xfs', () => image({ format: 'btrfs' })],
    ['image_data["/"].container has to be one of gzip, raw', () => image({ container: 'xz' })],
    [
      'image_data["/"].uri has a path that ends in no name of a file: "http://host/images/"',
      () => image({ uri: 'http://host/images/' }),
    ],
    [
      'image_data["/"].uri has a path that ends in no name of a file: "http://host"',
      () => image({ uri: 'http://host' }),
    ],
    ['image_data["/"].uri names a file that begins with a full stop: .img', () => image({ uri: 'http://host/.img' })],
    [
      'image_data["/boot/"] is no mount point: write an absolute path without blanks, ".", ".." and a slash at its end',
      () => images({ '/boot/': { ...SAMPLE_REQUEST.image_data['/boot'], uri: '/x.img' } }),
    ],
    [
      'image_data["/srv"].uri names the same file as image_data["/"].uri: env_1_ubuntu_1404_amd64.img.gz',
      () => images({ '/srv': SAMPLE_REQUEST.image_data['/'] }),
    ],
    [
      'image_data["/srv"].uri has the name of the metadata: env_1_ubuntu_1404_amd64.yaml',
      () => images({ '/srv': { ...SAMPLE_REQUEST.image_data['/'], uri: 'http://host/env_1_ubuntu_1404_amd64.yaml' } }),
    ],
    ['output has to be an absolute path', () => faults({ output: 'images' })],
    ['output has control characters', () => faults({ output: '/images\u0000' })],
    ['repos has to name at least one repository', () => faults({ repos: [] })],
    ['repos has to be a list of repositories', () => faults({ repos: 'deb http://host x main' })],
    ['repos[0].uri has to be an address that begins with http:// or https://', () => repo({ uri: 'host/ubuntu' })],
    ['repos[0].uri has control characters', () => repo({ uri: 'http://host/\tubuntu' })],
    [
      'repos[0].uri has a user or password with blanks, or with a wrong "%"',
      () => repo({ uri: 'http://a:b%20c@host' }),
    ],
    ['repos[0].uri has a user or password with blanks, or with a wrong "%"', () => repo({ uri: 'http://a%:b@host' })],
    ['repos[0].suite is missing', () => repo({ suite: undefined })],
    ['repos[0].section has to be components with blanks between them', () => repo({ section: 'main,universe' })],
    ['repos[0].priority has to be a whole number or null', () => repo({ priority: '1050' })],
    ['repos[0].priority has to be a whole number or null', () => repo({ priority: 10.5 })],
    ['repos[0].priority has to be at most 32767', () => repo({ priority: 40_000 })],
    ['repos[0].key has to be an armoured PGP public key', () => repo({ key: 'abc' })],
    ['repos[0].keyring has to be an absolute path', () => repo({ keyring: 'mos.gpg' })],
    ['repos[0] has keyring and trusted; one of them is enough', () => repo({ keyring: '/k.gpg', trusted: true })],
    ['packages has to be a list of packages', () => faults({ packages: 'nginx\nvim' })],
    ['packages[1] has to be the name of a package', () => faults({ packages: ['nginx', '-y'] })],
    [
      'packages is missing, and "warty" has no default packages; those that have: precise, trusty, xenial, bionic, focal, jammy, noble',
      () => faults({ codename: 'warty' }),
    ],
    [
      'hashed_root_password has to be a password hash, as crypt(3) writes it',
      () => faults({ hashed_root_password: 'a:b' }),
    ],
    ['root_password is empty', () => faults({ root_password: '' })],
    [
      'proxies.protocols.http has to be the address of a proxy',
      () => faults({ proxies: { protocols: { http: 'proxy' } } }),
    ],
    ['The request has to be a map with image_data, repos and output', () => faultsOf('[]')],
  ] as const)('%s', (message, make) => {
    expect(make()).toEqual([message]);
  });

  test('of its syntax, where it is no JSON', () => {
    expect(faultsOf('{"image_data":')).toEqual([expect.stringMatching(/^The request is not JSON: /)]);
  });

  test('together with all others', () => {
    expect(faults({ output: 'images', repos: [], codename: '' })).toEqual([
      'output has to be an absolute path',
      'repos has to name at least one repository',
      'codename has to be the codename of a release, such as trusty',
    ]);
  });
});
