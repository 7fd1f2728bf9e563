import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { runForStatus } from '../../src/host/process.ts';
import { hook, said, type Workshop, workshop } from '../support/cli.ts';

const BIN = join(import.meta.dirname, '../../bin');

/** The commands of a guide, block by block, but those that build and boot a disk, for which the tiny operating system has no kernel. */
async function blocksOf(guide: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`../../docs/guides/${guide}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
  return blocks.filter((block) => !/^ingot boot /m.test(block));
}

/** The tiny operating system by the name that the guide knows, with programs of a package manager that writes down what it is told. */
async function placeSystem(shop: Workshop): Promise<void> {
  await shop.write({
    '../work/my-elements/debian-minimal/element-provides': 'operating-system\n',
    '../work/my-elements/debian-minimal/environment.d/10-name': 'export DISTRO_NAME=tiny\n',
    '../work/my-elements/debian-minimal/root.d/20-programs': hook(
      'cp "$TMP_HOOKS_PATH"/programs/* "$TARGET_ROOT/usr/bin/"',
    ),
    '../work/my-elements/debian-minimal/programs/install-packages': hook(
      'printf "installed %s\\n" "$@" >>/etc/packages',
    ),
    '../work/my-elements/debian-minimal/programs/dpkg-query': hook('cat /etc/packages'),
  });
  await copyFile(
    join(inject('fakeOsElements'), 'fake-os/root.d/10-fake-os'),
    shop.at('work/my-elements/debian-minimal/root.d/10-fake-os'),
  );
}

test('the commands of the guide for authors of elements do what it says', async () => {
  await using shop = await workshop();
  await placeSystem(shop);
  const blocks = await blocksOf('write-an-element.md');
  const env = shop.environment({ env: { ELEMENTS_PATH: undefined, PATH: `${BIN}:${process.env.PATH}` } });

  const result = await runForStatus('bash', ['-euxc', blocks.join('\n')], { env, cwd: shop.at('work') });

  expect(result.status, said(result)).toBe(0);
  expect(blocks.length).toBe(4);
  expect(result.stdout.match(/^PASS$/gm)?.length).toBe(1);
  expect(result.stdout.match(/^ok {6}hello\/works {2}/gm)?.length).toBe(2);
  expect(result.stdout).toContain('variables   DIB_HELLO_GREETING  [hello]  The greeting.\n');
  expect(result.stdout).toMatch(/^ {2}hello {2}Writes a greeting into the image\.$/m);
  expect(result.stdout).toContain('hello\n└── package-installs\n');
});
