import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

const STATUSES: Readonly<Record<string, number>> = {
  'root.d': 3,
  'extra-data.d': 4,
  'pre-install.d': 5,
  'install.d': 42,
  'post-install.d': 6,
  'post-root.d': 7,
  'pre-finalise.d': 8,
  'finalise.d': 43,
  'cleanup.d': 9,
};

for (const [phase, status] of Object.entries(STATUSES)) {
  test(`a hook of ${phase} that ends with ${status} ends the build with ${status}, named with its line`, {
    tags: ['exit.hook'],
  }, async () => {
    await using shop = await workshop({
      [`bad/${phase}/50-bad`]: hook('echo "the last words"', `fail() { return ${status}; }`, 'fail now'),
      [`bad/${phase}/60-after`]: hook('echo "RAN after"'),
    });

    const result = await shop.build({ elements: ['bad'] });

    expect(result.status).toBe(status);
    expect(said(result)).toContain(`${phase}/50-bad of element bad ended with status ${status}`);
    expect(said(result)).toContain(`elements/bad/${phase}/50-bad:5`);
    expect(said(result)).toContain('| the last words');
    expect(said(result)).toContain('goes on from the last good layer');
    expect(marked(result, 'RAN')).toEqual([]);
    expect(await shop.leftovers()).toEqual([]);
  });
}

test('a hook killed by a signal ends the build with 128 and its number', async () => {
  await using shop = await workshop({ 'bad/install.d/50-bad': hook('kill -TERM $$') });

  const result = await shop.build({ elements: ['bad'] });

  expect(result.status).toBe(143);
  expect(said(result)).toContain('install.d/50-bad of element bad ended with status 143');
});

test('a root tree that is still empty after root.d is refused', { tags: ['phases.root-empty'] }, async () => {
  await using shop = await workshop({
    'empty-os/element-provides': 'operating-system\n',
    'empty-os/root.d/10-nothing': hook('mkdir "$TARGET_ROOT/lost+found" "$TARGET_ROOT/tmp"'),
    'empty-os/extra-data.d/10-say': hook('echo "RAN extra-data"'),
  });
  const words = ['-n', '-t', 'tar', '-o', shop.at('image'), 'empty-os'];

  const result = await shop.command('disk-image-create', words);

  expect(result.status).toBe(1);
  expect(said(result)).toContain('Failed to deploy the root element');
  expect(said(result)).toContain('empty-os');
  expect(marked(result, 'RAN')).toEqual([]);
});

test.each([
  ['root.d', 'This machine has no program no-such-tool, which the element needs. Install it'],
  ['install.d', 'The tree has no program no-such-tool: an element has to install the package'],
])('a hook of %s that runs a program which is not there is told who has to bring it', async (phase, hint) => {
  await using shop = await workshop({ [`bad/${phase}/50-bad`]: hook('no-such-tool --version') });

  const result = await shop.build({ elements: ['bad'] });

  expect(result.status).toBe(127);
  expect(said(result)).toContain(hint);
});

test('a hook that names an interpreter which the tree lacks is named with what is missing', async () => {
  await using shop = await workshop({ 'bad/install.d/50-bad': 'exec:#!/usr/bin/no-such-interpreter\n' });

  const result = await shop.build({ elements: ['bad'] });

  expect(result.status).toBe(127);
  expect(said(result)).toContain('install.d/50-bad of element bad ended with status 127');
  expect(said(result)).toMatch(/required file not found|bad interpreter|No such file/);
  expect(said(result)).toContain('The first line of the hook names a program that is not there');
});
