import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

/** An element whose root has an install-packages that says what it is asked for. */
const TREE_PROGRAM = {
  'pm/root.d/20-program': hook('cp "$TMP_HOOKS_PATH/programs/install-packages" "$TARGET_ROOT/usr/bin/"'),
};
const SAYS = { ...TREE_PROGRAM, 'pm/programs/install-packages': hook('echo "RAN install-packages $*"') };
const FAILS = { ...TREE_PROGRAM, 'pm/programs/install-packages': hook('echo "no such package: $*"', 'exit 100') };

test('installs the packages of -p once, after install.d and before post-install.d', {
  tags: ['cli.packages', 'phases.packages'],
}, async () => {
  await using shop = await workshop({
    ...SAYS,
    'pm/install.d/99-last': hook('echo "RAN install.d"'),
    'pm/post-install.d/00-first': hook('echo "RAN post-install.d"'),
  });

  const result = await shop.build({ elements: ['pm'], options: ['-p', 'tree,less', '-p', 'vim'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['install.d', 'install-packages tree less vim', 'post-install.d']);
});

test('installs nothing without -p', async () => {
  await using shop = await workshop(SAYS);

  const result = await shop.build({ elements: ['pm'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual([]);
});

test('ends with the status of install-packages and names the packages', async () => {
  await using shop = await workshop(FAILS);

  const result = await shop.build({ elements: ['pm'], options: ['-p', 'nonsense'] });

  expect(result.status).toBe(100);
  expect(said(result)).toContain('Installing the packages nonsense ended with status 100');
  expect(said(result)).toContain('| no such package: nonsense');
});
