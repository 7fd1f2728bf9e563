import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { workshop } from '../support/cli.ts';

const HOOK = 'exec:#!/bin/bash\n# DIB_DEBUG_TRACE\nset -eu\nset -o pipefail\n';

test('dib-lint prints a line for each fault with its place, and ends with 1', {
  tags: ['commands.dib-lint', 'lint.environment-variables'],
}, async () => {
  await using shop = await workshop({
    'web/README.rst': '',
    'web/install.d/10-web': `${HOOK}export WHEN=$(date)\n`,
  });
  await mkdir(shop.at('lib'));
  await writeFile(shop.at('lib/functions'), '\ttabbed\n');

  const env = { ELEMENTS_DIR: '../elements', LIB_DIR: '../lib' };
  const { status, stdout } = await shop.command('dib-lint', [], { env });

  expect({ status, lines: stdout.split('\n') }).toEqual({
    status: 1,
    lines: [
      `Running dib-lint in ${shop.at('work')}`,
      'ERROR: ../elements/web/install.d/10-web:5: exports and runs a command in one, which hides its status; assign first [export]',
      'ERROR: ../lib/functions:1: is indented with tabs [tabindent]',
      '*** FAIL: 2 faults',
      '',
    ],
  });
});

test('dib-lint finds elements in the folder "elements", and heeds tox.ini of the current folder', async () => {
  await using shop = await workshop({ 'web/README.rst': '', 'web/bin/web': HOOK.replace('set -eu\n', '') });
  const call = { cwd: shop.path };

  const before = await shop.command('dib-lint', [], call);
  await writeFile(shop.at('tox.ini'), '[dib-lint]\nignore = setu\n');
  const fewer = await shop.command('dib-lint', [], call);
  await writeFile(shop.at('tox.ini'), '[dib-lint]\nignore = sete setu\n');
  const after = await shop.command('dib-lint', [], call);

  expect(before).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('elements/web/bin/web: does not set errexit [sete]'),
  });
  expect(fewer).toMatchObject({ status: 1, stdout: expect.stringMatching(/\[sete\]\n\*\*\* FAIL: 1 fault\n$/) });
  expect(after).toMatchObject({ status: 0, stdout: `Running dib-lint in ${shop.path}\nPASS\n` });
});

test('dib-lint names a folder that is missing', async () => {
  await using shop = await workshop();

  const result = await shop.command('dib-lint', [], { env: { ELEMENTS_DIR: 'nowhere' } });

  expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining('dib-lint: nowhere is no folder') });
});

test('dib-lint takes no words', async () => {
  await using shop = await workshop();

  const result = await shop.command('dib-lint', ['elements']);

  expect(result).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Name the folder of the elements with ELEMENTS_DIR.'),
  });
});
