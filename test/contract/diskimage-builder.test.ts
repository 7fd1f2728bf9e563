import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type RunResult, run, start } from '../../src/host/process.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';

const SAYS = {
  'says/install.d/10-common': hook('echo "RAN common"'),
  'says/install.d/20-word': hook('echo "RAN ${WORD-none}"', 'echo "${WORD-none}" >/word', 'exit "${STATUS-0}"'),
};

/** Writes a file of images and builds them. */
async function build(shop: Workshop, yaml: string, ...options: readonly string[]): Promise<RunResult> {
  await writeFile(shop.at('work/images.yaml'), yaml);
  return await shop.command('diskimage-builder', [...options, 'images.yaml']);
}

function image(name: string, more: string): string {
  return `- imagename: ${name}\n  types: [tar]\n  skip-base: true\n  elements: [fake-os, says]\n${more}`;
}

async function wordOf(shop: Workshop, name: string): Promise<string> {
  return (await run('tar', ['-xOf', shop.at(`work/${name}.tar`), './word'])).stdout;
}

test('images of one file share their layers up to the first step that differs', {
  tags: ['commands.diskimage-builder', 'yaml.environment', 'yaml.echo'],
}, async () => {
  await using shop = await workshop(SAYS);
  const images = [
    image('one', '  environment: { WORD: first }\n'),
    image('two', '  environment: { WORD: second word }\n'),
  ];

  const result = await build(shop, images.join(''));

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['common', 'first', 'second word']);
  expect([await wordOf(shop, 'one'), await wordOf(shop, 'two')]).toEqual(['first\n', 'second word\n']);
  expect(result.stderr).toBe(
    'WORD=first disk-image-create -o one -t tar -n fake-os says\n\n' +
      "WORD='second word' disk-image-create -o two -t tar -n fake-os says\n\n",
  );
  expect(await shop.leftovers()).toEqual([]);
});

test('a failed image does not keep the next from being built', { tags: ['yaml.go-on'] }, async () => {
  await using shop = await workshop(SAYS);
  const images = [image('bad', '  environment: { STATUS: "42" }\n'), image('good', '')];

  const result = await build(shop, images.join(''));

  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(/diskimage-builder: 1 of 2 images failed\n {2}bad: status 42\n$/);
  expect(await wordOf(shop, 'good')).toBe('none\n');
});

test('--stop-on-failure ends with the first failed image', { tags: ['yaml.stop-on-failure'] }, async () => {
  await using shop = await workshop(SAYS);
  const images = [image('bad', '  environment: { STATUS: "42", WORD: bad }\n'), image('good', '')];

  const result = await build(shop, images.join(''), '--stop-on-failure');

  expect(result.status).toBe(1);
  expect(marked(result, 'RAN')).toEqual(['common', 'bad']);
  expect(result.stderr).not.toContain('-o good');
});

test('--dry-run shows the commands without secrets, and builds nothing', { tags: ['yaml.dry-run'] }, async () => {
  await using shop = await workshop(SAYS);
  const yaml = image('one', '  environment: { DB_PASSWORD: opensesame }\n');

  const result = await build(shop, yaml, '--dry-run');

  expect(result).toMatchObject({
    status: 0,
    stdout: '',
    stderr: 'DB_PASSWORD=*** disk-image-create -o one -t tar -n fake-os says\n\n',
  });
});

test('the variables of an image stay when its environment is cleared', async () => {
  await using shop = await workshop(SAYS);
  const elements = shop.environment().ELEMENTS_PATH;
  const own = `  clear: true\n  image-cache: ${shop.at('cache')}\n  environment: { WORD: own, ELEMENTS_PATH: "${elements}" }\n`;

  const result = await build(shop, image('one', own));

  expect(result.status, said(result)).toBe(0);
  expect(await wordOf(shop, 'one')).toBe('own\n');
});

test('every fault of every image is told before the first is built', { tags: ['yaml.values'] }, async () => {
  await using shop = await workshop(SAYS);
  const images = [
    image('one', ''),
    image('two', '  qemu-img-options: { "a b": c }\n'),
    '- { imagename: three, elements: [fake-os, sayz] }\n',
  ];

  const result = await build(shop, images.join(''));

  expect(result.status).toBe(1);
  expect(marked(result, 'RAN')).toEqual([]);
  expect(result.stderr).toContain('The images have 2 faults');
  expect(result.stderr).toContain('images.yaml:9:3: Image two: --qemu-img-options has "a b=c"');
  expect(result.stderr).toMatch(/images\.yaml:10:23: Image three: There is no element "sayz"\n +Did you mean says\?/);
});

test('SIGTERM ends the running image and builds no other', async () => {
  await using shop = await workshop({ 'says/install.d/10-wait': hook('echo "HOOK RUNS"', 'sleep 1000 & wait') });
  await writeFile(shop.at('work/images.yaml'), image('one', '') + image('two', ''));
  const command = fileURLToPath(new URL('../../bin/diskimage-builder', import.meta.url));
  const { child, ended } = start(command, ['images.yaml'], {
    env: shop.environment(),
    cwd: shop.at('work'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.stdout === null || child.stderr === null) throw new Error('The command has no output');
  const complaints = text(child.stderr);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'HOOK RUNS') child.kill('SIGTERM');
  }

  expect(await ended).toBe(143);
  expect(await complaints).toBe('disk-image-create -o one -t tar -n fake-os says\n\n');
  expect(await shop.leftovers()).toEqual([]);
});

test('a file that is not there is named', async () => {
  await using shop = await workshop();

  const result = await shop.command('diskimage-builder', ['nowhere.yaml']);

  expect(result).toMatchObject({ status: 1, stderr: expect.stringMatching(/nowhere\.yaml: .*ENOENT/) });
});

test('a command line without files is refused', async () => {
  await using shop = await workshop();

  const result = await shop.command('diskimage-builder', ['--dry-runn']);

  expect(result).toMatchObject({ status: 2, stderr: "diskimage-builder: unrecognized option '--dry-runn'\n" });
});

test('the example of the guide builds two images of which the second is mostly restored', async () => {
  await using shop = await workshop({
    'debian-minimal/element-deps': 'fake-os\n',
    'debian-minimal/root.d/20-packages': hook('cp "$TMP_HOOKS_PATH/tool/install-packages" "$TARGET_ROOT/usr/bin/"'),
    'debian-minimal/tool/install-packages': hook('echo "RAN $*"'),
    'base/README.rst': '',
    'vm/install.d/10-vm': hook('echo "RAN vm"'),
    'openssh-server/install.d/20-sshd': hook('echo "RAN sshd"'),
    'cloud-init/install.d/30-cloud': hook('echo "RAN cloud"'),
  });
  const guide = await readFile(new URL('../../docs/guides/images-from-a-file.md', import.meta.url), 'utf8');
  const example = /```yaml\n(.*?)```/s.exec(guide)?.[1] ?? '';
  await run('mkdir', [shop.at('work/build')]);

  await writeFile(shop.at('work/images.yaml'), example);
  const result = await shop.command('diskimage-builder', ['images.yaml'], { env: { DIB_JOURNAL_SIZE: '4' } });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['vm', 'sshd', 'cloud', 'nginx-light', 'postgresql']);
  const { stdout } = await run('qemu-img', ['info', '--output=json', shop.at('work/build/database.qcow2')]);
  expect(JSON.parse(stdout)).toMatchObject({ format: 'qcow2' });
});
