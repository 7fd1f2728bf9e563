import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256In } from '../../../src/base-images/checksum-file.ts';
import { declaredImage } from '../../../src/base-images/declaration.ts';
import { entriesInListing, namesInListing, newestName } from '../../../src/base-images/newest-name.ts';
import { checkSignature } from '../../../src/base-images/signature.ts';
import { run } from '../../../src/host/process.ts';
import { makeKey } from '../../support/apt-repository.ts';
import { folderTree } from '../../support/folder-tree.ts';

const [ONE, TWO] = ['1'.repeat(64), 'a'.repeat(64)];

describe('checksum files', () => {
  test.for([
    { form: 'sha256sum, as text', text: `${ONE}  other.img\n${TWO}  my.img\n` },
    { form: 'sha256sum, as binary', text: `${ONE} *other.img\n${TWO} *my.img\n` },
    { form: 'sha256sum, below a folder', text: `${ONE}  images/other.img\n${TWO}  images/my.img\n` },
    {
      form: 'the family of Red Hat',
      text: `# my.img: 5 bytes\nSHA256 (other.img) = ${ONE}\nSHA256 (my.img) = ${TWO}\n`,
    },
    { form: 'upper case', text: `${ONE}  other.img\n${TWO.toUpperCase()}  my.img\n` },
    { form: 'one digest under another name', text: `${TWO}  my-build-7.img\n` },
  ])('are read in the form of $form', ({ text }) => {
    expect(sha256In(text, 'my.img')).toBe(TWO);
  });

  test.for([
    { what: 'other files', text: `${ONE}  other.img\n${TWO}  more.img\n` },
    { what: 'digests of another length', text: `${ONE}${TWO}  my.img\n` },
    { what: 'a web page', text: '<html>my.img</html>' },
  ])('say nothing with $what', ({ text }) => {
    expect(sha256In(text, 'my.img')).toBeUndefined();
  });
});

describe('the newest name', () => {
  test.for([
    { names: ['Base-9-1.img', 'Base-10-1.img'], pattern: 'Base-*.img', newest: 'Base-10-1.img' },
    { names: ['Base-40-1.14.img', 'Base-40-1.2.img'], pattern: 'Base-40-*.img', newest: 'Base-40-1.14.img' },
    { names: ['Base-20240101.0.img', 'Base-latest.img'], pattern: 'Base-*.img', newest: 'Base-latest.img' },
    { names: ['Base-1.img.sha256', 'Base-1.img'], pattern: 'Base-*.img', newest: 'Base-1.img' },
    { names: ['BaseX1.img'], pattern: 'Base.*.img', newest: undefined },
  ])('of $names is $newest', ({ names, pattern, newest }) => {
    expect(newestName(names, pattern)).toBe(newest);
    expect(newestName(names.toReversed(), pattern)).toBe(newest);
  });

  test('is looked for among the links of a listing', () => {
    const html = `<a href="../">..</a> <A HREF='a%2Bb.img'>x</a> <a href="/images/c.img?C=M">c</a> <a href="100%.img">d</a>`;

    expect(namesInListing(html)).toEqual(['a+b.img', 'c.img', '100%.img']);
  });

  test('of a release is looked for among the folders of a listing, and not elsewhere', () => {
    const html =
      '<a href="?C=N">n</a><a href="../">up</a><a href="/">top</a><a href="./42/">42</a><a href="43/">43</a>';

    expect(entriesInListing(html)).toEqual(['42', '43']);
  });
});

describe('signatures', () => {
  test('give what is signed and nothing around it, with keys in either form', async () => {
    await using folder = await folderTree({ 'keys/': '', text: 'signed\n' });
    const at = (name: string) => join(folder.path, name);
    const key = await makeKey(at('keys'));
    await key.clearsign(at('text'), at('inline'));
    await key.detach(at('text'), at('detached'));
    await run('gpg', ['--homedir', at('keys'), '--enarmor', '--output', at('armour'), key.keyring]);
    // gpg calls the armour of any file that of a file.
    const armour = (await readFile(at('armour'), 'latin1')).replaceAll('ARMORED FILE', 'PUBLIC KEY BLOCK');
    await writeFile(at('armour'), armour);
    const around = Buffer.concat([Buffer.from('before\n'), await readFile(at('inline')), Buffer.from('after\n')]);
    const content = await readFile(at('text'));

    for (const keyring of [key.keyring, at('armour')]) {
      const inline = { name: 'sums', content: around, signature: undefined };
      await expect(checkSignature(inline, keyring, folder.path)).resolves.toBe('signed\n');
      const detached = { name: 'sums', content, signature: await readFile(at('detached')) };
      await expect(checkSignature(detached, keyring, folder.path)).resolves.toBe('signed\n');
    }
  });

  test('of another key, of another text and of none are refused', async () => {
    await using folder = await folderTree({ 'keys/': '', 'other/': '', text: 'signed\n' });
    const at = (name: string) => join(folder.path, name);
    const [key, other] = [await makeKey(at('keys')), await makeKey(at('other'))];
    await key.clearsign(at('text'), at('inline'));
    await key.detach(at('text'), at('detached'));
    const inline = await readFile(at('inline'));
    const changed = Buffer.from(inline.toString().replace('signed\n', 'changed\n'));
    const signature = await readFile(at('detached'));

    for (const [text, keyring] of [
      [{ name: 'sums', content: inline, signature: undefined }, other.keyring],
      [{ name: 'sums', content: changed, signature: undefined }, key.keyring],
      [{ name: 'sums', content: Buffer.from('changed\n'), signature }, key.keyring],
      [{ name: 'sums', content: Buffer.from('signed\n'), signature: undefined }, key.keyring],
    ] as const)
      await expect(checkSignature(text, keyring, folder.path)).rejects.toMatchObject({
        code: 'SIGNATURE_INVALID',
        message: `sums is not signed by a key of ${keyring}`,
      });
  });
});

describe('a declaration', () => {
  test('without an image is refused in the words of the element', () => {
    const hint = 'Set DIB_LOCAL_IMAGE to the path of rhel.qcow2.';

    expect(() => declaredImage({ INGOT_BASE_IMAGE_HINT: hint }, '/')).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', details: expect.objectContaining({ hint }) }),
    );
  });

  test('names a file from where the caller stands, and an address as it is', () => {
    expect(declaredImage({ INGOT_BASE_IMAGE: 'images/base.qcow2' }, '/home/me').image).toBe(
      '/home/me/images/base.qcow2',
    );
    expect(declaredImage({ INGOT_BASE_IMAGE: 'file:///srv/a.qcow2' }, '/home/me').image).toBe('file:///srv/a.qcow2');
  });

  test('gives way to what the caller wants', () => {
    const env = { INGOT_BASE_IMAGE: '/i', INGOT_BASE_IMAGE_CHECKSUMS: '/sums', INGOT_BASE_IMAGE_KEYRINGS: '/a /b' };

    expect(declaredImage(env, '/')).toMatchObject({
      checksums: '/sums',
      keyrings: ['/a', '/b'],
      isKeyringWanted: false,
    });
    expect(
      declaredImage({ ...env, DIB_BASE_IMAGE_CHECKSUMS: 'none', DIB_BASE_IMAGE_KEYRING: '/mine' }, '/'),
    ).toMatchObject({
      checksums: undefined,
      keyrings: ['/mine'],
      isKeyringWanted: true,
    });
  });
});
