import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { RunResult } from '../../src/host/process.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';

const SAY = { 'say/root.d/00-say': hook('echo "RAN root.d"') };

/** One clear error, exit status 1, nothing begun and nothing left. */
async function expectRefused(shop: Workshop, result: RunResult, ...texts: readonly (string | RegExp)[]): Promise<void> {
  for (const text of texts) expect(said(result)).toMatch(text);
  expect(result.status).toBe(1);
  expect(marked(result, 'RAN')).toEqual([]);
  expect(await shop.leftovers()).toEqual([]);
}

test('an unknown element is refused with the name that was meant', { tags: ['elements.unknown'] }, async () => {
  await using shop = await workshop(SAY);

  const result = await shop.build({ elements: ['say', 'openssh-servr'] });

  await expectRefused(shop, result, 'There is no element "openssh-servr"', 'Did you mean openssh-server?');
});

test('an unknown element that another needs is refused with the line that names it', async () => {
  await using shop = await workshop({ ...SAY, 'needy/element-deps': 'say\n\nno-such-thing\n' });

  const result = await shop.build({ elements: ['needy'] });

  await expectRefused(
    shop,
    result,
    /There is no element "no-such-thing", which needy needs/,
    /place +\S+needy\/element-deps:3\b/,
  );
});

test('a circle of provides and needs is refused', async () => {
  await using shop = await workshop({
    ...SAY,
    'egg/element-deps': 'hen\n',
    'hen/element-provides': 'egg\n',
  });

  const result = await shop.build({ elements: ['say', 'egg'] });

  await expectRefused(shop, result, /hen \(needed by egg\), and hen provides egg/, 'Remove egg');
});

test('two elements that provide the same are refused by name', { tags: ['elements.provided-twice'] }, async () => {
  await using shop = await workshop({
    ...SAY,
    'one/element-provides': 'mail-server\n',
    'two/element-provides': 'mail-server\n',
  });

  const result = await shop.build({ elements: ['say', 'one', 'two'] });

  await expectRefused(shop, result, 'one and two: each provides mail-server');
});

test('an element that another one provides is refused', { tags: ['elements.provided-and-wanted'] }, async () => {
  await using shop = await workshop({ ...SAY, 'one/element-provides': 'plain\n', 'plain/README.rst': '' });

  const result = await shop.build({ elements: ['say', 'one', 'plain'] });

  await expectRefused(shop, result, 'Element plain was asked for, but one provides it', 'Leave plain out');
});

test('elements without an operating system are refused with those that have one', {
  tags: ['elements.operating-system'],
}, async () => {
  await using shop = await workshop(SAY);

  const result = await shop.command('disk-image-create', ['-n', '-o', shop.at('image'), 'say']);

  await expectRefused(shop, result, 'None of the elements provides an operating system', 'fake-os');
});

test('two hooks of one name in one phase are refused with both files', {
  tags: ['merge.duplicate-hook', 'subtle.04'],
}, async () => {
  await using shop = await workshop({ ...SAY, 'other/root.d/00-say': hook('true') });

  const result = await shop.build({ elements: ['say', 'other'] });

  await expectRefused(
    shop,
    result,
    'root.d/00-say',
    shop.at('elements/say/root.d/00-say'),
    shop.at('elements/other/root.d/00-say'),
  );
});

test('an entry of ELEMENTS_PATH that is missing, empty or a file is refused, all at once', {
  tags: ['elements.path-faults'],
}, async () => {
  await using shop = await workshop(SAY);
  await writeFile(shop.at('file'), '');
  const path = `${shop.at('nowhere')}::${shop.at('file')}:${shop.at('elements')}`;

  const result = await shop.build({ elements: ['say'], env: { ELEMENTS_PATH: path } });

  await expectRefused(
    shop,
    result,
    `Entry 1 of ELEMENTS_PATH, "${shop.at('nowhere')}", does not exist`,
    'Entry 2 of ELEMENTS_PATH, "", is empty',
    `Entry 3 of ELEMENTS_PATH, "${shop.at('file')}", is not a folder`,
  );
});

test('a folder for the image that does not exist is refused before the first hook', async () => {
  await using shop = await workshop(SAY);

  const result = await shop.build({ elements: ['say'], options: ['-o', shop.at('nowhere/image')] });

  await expectRefused(shop, result, shop.at('nowhere'));
});

test('a folder for the image that cannot be written is refused before the first hook', async () => {
  await using shop = await workshop(SAY);
  await mkdir(shop.at('locked'));
  await writeFile(shop.at('locked/file'), '');

  const result = await shop.build({ elements: ['say'], options: ['-o', shop.at('locked/file/image')] });

  await expectRefused(shop, result, shop.at('locked/file'));
});

test('a hook of block-device.d is refused with what to write in its place where there is to be no device', async () => {
  await using shop = await workshop({
    ...SAY,
    'device/block-device.d/10-device': hook('echo IMAGE_BLOCK_DEVICE=/dev/null'),
  });

  const result = await shop.build({ elements: ['say', 'device'], env: { DIB_DEVICE_MODE: 'never' } });

  await expectRefused(shop, result, 'block-device.d/10-device of element device', 'block-device layout');
});

test('a block-device layout that cannot be understood is refused with its line', async () => {
  await using shop = await workshop({
    ...SAY,
    'disk/block-device-default.yaml': '- local_loop:\n    name: image0\n- partitionin:\n    base: image0\n',
  });

  const result = await shop.build({ elements: ['say', 'disk'] });

  await expectRefused(shop, result, 'partitionin', /block-device-default\.yaml:3\b/);
});

test('faults of the layout are told together with those in other files of elements', async () => {
  await using shop = await workshop({
    ...SAY,
    'disk/element-deps': 'svc-map\n',
    'disk/block-device-default.yaml': '- local_loop:\n    name: image0\n- partitionin:\n    base: image0\n',
    'disk/svc-map': 'ssh:\n  debian: [ssh]\n',
  });

  const result = await shop.build({ elements: ['say', 'disk'] });

  await expectRefused(
    shop,
    result,
    'The block-device layout and files of elements: 3 faults',
    /block-device-default\.yaml:3\b/,
    /disk\/svc-map:2\b/,
  );
});

test('every fault in the definition files of elements is told with its place, all at once', async () => {
  await using shop = await workshop({
    ...SAY,
    'one/element-deps': 'package-installs\nsource-repositories\nsvc-map\n',
    'one/package-installs.yaml': 'tree:\n  arch: amd64\n  not-arch: arm64\nless:\n  when: NAME\n',
    'one/package-installs.json': '{\n\t"vim": {}\n\t"nano": {}\n}\n',
    'one/pkg-map': '{\n  "family": {"debian": {"vim": ["a"]}},\n  "default": "x"\n}\n',
    'one/svc-map': 'ssh:\n  debian: [ssh]\n',
    'one/source-repository-agent': '# sources\nagent gti /opt/agent https://host/agent\nold git opt $URL\n',
    'two/svc-map': 'web: nginx\n',
  });

  const result = await shop.build({ elements: ['say', 'one', 'two'], env: { DISTRO_NAME: 'debian' } });

  await expectRefused(
    shop,
    result,
    'files of elements: 9 faults',
    /one\/package-installs\.yaml:1:1: package-installs: "tree": has both arch and not-arch/,
  );
  const at = (place: string) => new RegExp(`${place}\\b`);
  await expectRefused(
    shop,
    result,
    at('one/package-installs\\.yaml:5:3'),
    at('one/package-installs\\.json:3:2'),
    at('one/pkg-map:2:25'),
    at('one/pkg-map:3:3'),
    at('one/svc-map:2:3'),
    at('two/svc-map:1:1'),
    at('one/source-repository-agent:2:7'),
    at('one/source-repository-agent:3:9'),
    'Did you mean git? Types: git, tar, file, package.',
  );
});

test('keys without effect and variables that are not set are warned of before the first hook', async () => {
  await using shop = await workshop({
    'one/element-deps': 'package-installs\n',
    'one/package-installs.yaml': 'tree:\n  colour: red\nless:\n  when: COLOUR = red\n',
    'one/root.d/99-end': hook('exit 3'),
  });

  const result = await shop.build({ elements: ['one'] });

  expect(said(result)).toMatch(
    /WARNING: \S+one\/package-installs\.yaml:2:3: Package tree: the key colour means nothing/,
  );
  expect(said(result)).toMatch(
    /WARNING: \S+one\/package-installs\.yaml:4:3: Package less of element one depends on the variable COLOUR, which is not set/,
  );
});

test('definition files that no chosen element reads are left alone', async () => {
  await using shop = await workshop({ 'one/svc-map': ': no map', 'one/source-repository-x': 'nonsense\n' });

  const result = await shop.build({ elements: ['one'] });

  expect(result.status, said(result)).toBe(0);
});

test('no element at all is refused', { tags: ['exit.other'] }, async () => {
  await using shop = await workshop();

  const result = await shop.command('disk-image-create', ['-o', shop.at('image')]);

  await expectRefused(shop, result, /element/);
});

test('an unknown image type is refused with the ones there are', async () => {
  await using shop = await workshop(SAY);

  const result = await shop.build({ elements: ['say'], options: ['-t', 'qcow'] });

  await expectRefused(shop, result, 'qcow', 'qcow2');
});

test('an unknown option is refused', { tags: ['cli.bad-option'] }, async () => {
  await using shop = await workshop(SAY);

  const result = await shop.build({ elements: ['say'], options: ['--no-such-option'] });

  await expectRefused(shop, result, '--no-such-option');
});

test('a host tool that is missing is named with its package before the first hook', {
  tags: ['phases.tools'],
}, async () => {
  await using shop = await workshop(SAY);
  await mkdir(shop.at('bin'));
  const tools = [
    'sh',
    'readlink',
    'dirname',
    'basename',
    'uname',
    'env',
    'unshare',
    'setpriv',
    'flock',
    'mount',
    'umount',
    'tar',
    'bash',
    'dpkg',
  ];
  const { run } = await import('../../src/host/process.ts');
  for (const tool of tools) {
    const { stdout } = await run('which', [tool]);
    await run('ln', ['-s', stdout.trim(), shop.at(`bin/${tool}`)]);
  }
  await chmod(shop.at('bin'), 0o755);

  const result = await shop.build({ elements: ['say'], options: ['-t', 'qcow2'], env: { PATH: shop.at('bin') } });

  await expectRefused(shop, result, 'qemu-img', 'qemu-utils');
});
