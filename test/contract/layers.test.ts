import { createHash } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';

const say = (word: string) =>
  hook(`echo "RAN ${word}"`, `if [[ -e /etc/passwd && ! -e $TMP_MOUNT_PATH ]]; then echo ${word} >>/trail; fi`);

const STEPS = {
  'steps/root.d/90-root': hook('echo "RAN root"'),
  'steps/extra-data.d/10-data': hook('echo "RAN data"'),
  'steps/pre-install.d/10-pre': say('pre'),
  'steps/install.d/10-one': say('one'),
  'steps/install.d/20-two': say('two'),
  'steps/post-install.d/10-post': say('post'),
  'steps/finalise.d/10-last': say('last'),
};

const ALL = ['root', 'data', 'pre', 'one', 'two', 'post', 'last'];

async function digest(shop: Workshop): Promise<string> {
  return createHash('sha256')
    .update(await readFile(shop.at('image.tar')))
    .digest('hex');
}

test('an unchanged build restores every layer and gives the same bytes', async () => {
  await using shop = await workshop(STEPS);
  const cold = await shop.build({ elements: ['steps'] });
  expect(cold.status, said(cold)).toBe(0);
  expect(marked(cold, 'RAN')).toEqual(ALL);
  const bytes = await digest(shop);

  const warm = await shop.build({ elements: ['steps'] });

  expect(warm.status, said(warm)).toBe(0);
  expect(marked(warm, 'RAN')).toEqual([]);
  expect(await digest(shop)).toBe(bytes);
});

test('two cold builds give the same bytes, also when one of them failed on the way', async () => {
  await using shop = await workshop({ ...STEPS, 'steps/install.d/15-fail': hook('[[ ${FAIL-} != yes ]]') });
  const first = await shop.build({ elements: ['steps'], env: { FAIL: 'no', SOURCE_DATE_EPOCH: '1700000000' } });
  expect(first.status, said(first)).toBe(0);
  const bytes = await digest(shop);
  await rm(shop.at('cache'), { recursive: true });
  const failed = await shop.build({ elements: ['steps'], env: { FAIL: 'yes', SOURCE_DATE_EPOCH: '1700000000' } });
  expect(failed.status).toBe(1);

  const resumed = await shop.build({ elements: ['steps'], env: { FAIL: 'no', SOURCE_DATE_EPOCH: '1700000000' } });

  expect(resumed.status, said(resumed)).toBe(0);
  expect(marked(resumed, 'RAN')).toEqual(['two', 'post', 'last']);
  expect(await digest(shop)).toBe(bytes);
});

test('a failed build goes on from the last good layer', async () => {
  await using shop = await workshop({ ...STEPS, 'steps/install.d/20-two': hook('echo "RAN two"', 'exit 1') });
  const failed = await shop.build({ elements: ['steps'] });
  expect(failed.status).toBe(1);
  expect(marked(failed, 'RAN')).toEqual(['root', 'data', 'pre', 'one', 'two']);
  await shop.write({ 'steps/install.d/20-two': say('two') });

  const mended = await shop.build({ elements: ['steps'] });

  expect(mended.status, said(mended)).toBe(0);
  expect(marked(mended, 'RAN')).toEqual(['two', 'post', 'last']);
  expect(await shop.content('trail')).toBe('pre\none\ntwo\npost\nlast\n');
});

test('an edited hook reruns itself and what follows; the last one only itself', async () => {
  await using shop = await workshop(STEPS);
  await shop.build({ elements: ['steps'] });
  await shop.write({ 'steps/finalise.d/10-last': say('edited') });

  const lastEdited = await shop.build({ elements: ['steps'] });
  await shop.write({ 'steps/install.d/20-two': say('second') });
  const twoEdited = await shop.build({ elements: ['steps'] });

  expect(marked(lastEdited, 'RAN')).toEqual(['edited']);
  expect(marked(twoEdited, 'RAN')).toEqual(['second', 'post', 'edited']);
  expect(await shop.content('trail')).toBe('pre\none\nsecond\npost\nedited\n');
});

test('a changed variable reruns the hooks that name it, and not those before', async () => {
  await using shop = await workshop({ ...STEPS, 'steps/install.d/20-two': hook('echo "RAN two $COLOUR"') });
  await shop.build({ elements: ['steps'], env: { COLOUR: 'red', UNNAMED: '1' } });

  const result = await shop.build({ elements: ['steps'], env: { COLOUR: 'blue', UNNAMED: '2' } });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['two blue', 'post', 'last']);
});

test('a changed file that a hook reads from the hook tree reruns the hook', async () => {
  await using shop = await workshop({
    ...STEPS,
    'steps/files/motd': 'first\n',
    'steps/install.d/20-two': hook('echo "RAN two $(cat /tmp/in_target.d/files/motd)"'),
  });
  await shop.build({ elements: ['steps'] });
  await shop.write({ 'steps/files/motd': 'second\n' });

  const result = await shop.build({ elements: ['steps'] });

  expect(marked(result, 'RAN')).toEqual(['two second', 'post', 'last']);
});

test('what a hook of the host reads through a variable reruns it when the content changes', async () => {
  await using shop = await workshop({
    ...STEPS,
    'steps/extra-data.d/10-data': hook('echo "RAN data $(cat "$MY_FILE")"'),
    'file.txt': 'first\n',
  });
  const env = { MY_FILE: shop.at('elements/file.txt') };
  await shop.build({ elements: ['steps'], env });
  await shop.write({ 'file.txt': 'second\n' });

  const result = await shop.build({ elements: ['steps'], env });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')[0]).toBe('data second');
});

test("a hook that reads the caller's home always runs, and what follows is restored when it wrote the same", async () => {
  await using shop = await workshop({
    ...STEPS,
    'steps/extra-data.d/10-data': hook('echo "RAN data"', 'cp "$HOME/key" "$TMP_MOUNT_PATH/key"'),
    key: 'unused',
  });
  await shop.write({});
  const home = { HOME: shop.at('elements') };
  await shop.build({ elements: ['steps'], env: home });

  const same = await shop.build({ elements: ['steps'], env: home });
  await shop.write({ key: 'another' });
  const changed = await shop.build({ elements: ['steps'], env: home });

  expect(marked(same, 'RAN')).toEqual(['data']);
  expect(marked(changed, 'RAN')).toEqual(['data', 'pre', 'one', 'two', 'post', 'last']);
  expect(await shop.content('key')).toBe('another');
});

test('a step that leaves a mount runs in every build, and never again alone', async () => {
  await using shop = await workshop({
    ...STEPS,
    'steps/extra-data.d/20-mount': hook(
      'echo "RAN mount"',
      'mkdir -p "$TMP_MOUNT_PATH/cache/below"',
      'mount -t tmpfs mine "$TMP_MOUNT_PATH/cache"',
      'mkdir "$TMP_MOUNT_PATH/cache/below"',
      'mount -t tmpfs mine "$TMP_MOUNT_PATH/cache/below"',
      'touch "$TMP_MOUNT_PATH/cache/below/file"',
    ),
    'steps/post-root.d/50-look': hook('echo "RAN look $(ls "$TMP_MOUNT_PATH/cache/below")"'),
  });
  await shop.build({ elements: ['steps'] });

  const warm = await shop.build({ elements: ['steps'] });
  await shop.write({ 'steps/post-root.d/50-look': hook('echo "RAN again $(ls "$TMP_MOUNT_PATH/cache/below")"') });
  const edited = await shop.build({ elements: ['steps'] });

  expect(marked(warm, 'RAN')).toEqual(['mount']);
  expect(marked(edited, 'RAN')).toEqual(['mount', 'again file', 'last']);
});

test('two builds at one time with one cache both succeed with the same bytes', async () => {
  await using shop = await workshop(STEPS);
  const other = ['-o', shop.at('other')];

  const [one, two] = await Promise.all([
    shop.build({ elements: ['steps'] }),
    shop.build({ elements: ['steps'], options: other }),
  ]);

  expect(one.status, said(one)).toBe(0);
  expect(two.status, said(two)).toBe(0);
  expect(await readFile(shop.at('other.tar'))).toEqual(await readFile(shop.at('image.tar')));
  expect(await shop.leftovers()).toEqual([]);
});

test('a hook that changes another hook runs in every build, so that editing the other one has its effect', async () => {
  await using shop = await workshop({
    ...STEPS,
    'steps/extra-data.d/10-data': hook('sed -i "s/WORD/changed/" "$TMP_HOOKS_PATH/install.d/20-two"'),
    'steps/install.d/20-two': hook('echo "RAN two WORD"'),
  });
  const cold = await shop.build({ elements: ['steps'] });
  expect(marked(cold, 'RAN')).toContain('two changed');
  await shop.write({ 'steps/install.d/20-two': hook('echo "RAN second WORD"') });

  const edited = await shop.build({ elements: ['steps'] });

  expect(marked(edited, 'RAN')).toContain('second changed');
});

test('what a hook of the host copies from a folder that a variable names reruns it when the folder changes', async () => {
  await using shop = await workshop({
    ...STEPS,
    'steps/extra-data.d/10-data': hook('echo "RAN data"', 'cp -r "$MY_FOLDER" "$TMP_MOUNT_PATH/opt-copy"'),
    'folder/deep/file': 'first',
  });
  const env = { MY_FOLDER: shop.at('elements/folder') };
  await shop.build({ elements: ['steps'], env });

  const same = await shop.build({ elements: ['steps'], env });
  await shop.write({ 'folder/deep/file': 'the second' });
  const changed = await shop.build({ elements: ['steps'], env });

  expect(marked(same, 'RAN')).toEqual([]);
  expect(marked(changed, 'RAN')[0]).toBe('data');
  expect(await shop.content('opt-copy/deep/file')).toBe('the second');
});

test('an image that its user has changed since is made anew, and changing one of two leaves the other alone', async () => {
  await using shop = await workshop(STEPS);
  await shop.build({ elements: ['steps'] });
  const original = await readFile(shop.at('image.tar'));
  await shop.build({ elements: ['steps'], options: ['-o', shop.at('second')] });
  const file = await open(shop.at('image.tar'), 'r+');
  await file.write('changed in place', 1000);
  await file.close();

  const again = await shop.build({ elements: ['steps'], env: { OVERWRITE_OLD_IMAGE: '1' } });

  expect(again.status, said(again)).toBe(0);
  expect((await readFile(shop.at('second.tar'))).equals(original)).toBe(true);
  expect((await readFile(shop.at('image.tar'))).equals(original)).toBe(true);
});
