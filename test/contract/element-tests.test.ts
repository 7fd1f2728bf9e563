import { access, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { findCases, runCase } from '../../scripts/element-cases.ts';
import { hook, workshop } from '../support/cli.ts';

const MARKED = 'touch /tmp/dib-test-should-fail';

test('runs the tests of elements, also those that are meant to fail, and says why one fails', async () => {
  await using shop = await workshop({
    'tool/install.d/50-tool': hook('echo tool >/etc/tool'),
    'tool/test-elements/fine/element-deps': 'fake-os\n',
    'tool/test-elements/fine/post-install.d/50-look': hook('[[ $(</etc/tool) == tool ]]'),
    'tool/test-elements/fine/test-output-formats': 'tar,tgz\n',
    'tool/test-elements/broken/element-deps': 'fake-os\n',
    'tool/test-elements/broken/post-install.d/50-look': hook('exit 42'),
    'tool/test-elements/refused/element-deps': 'fake-os\n',
    'tool/test-elements/refused/install.d/60-break': hook(MARKED, 'exit 1'),
    'tool/test-elements/too-lenient/element-deps': 'fake-os\n',
    'tool/test-elements/too-lenient/install.d/60-mark': hook(MARKED),
    'tool/test-elements/unknown/element-deps': 'nowhere\n',
    'plain/README.rst': 'no tests\n',
  });
  const elements = shop.at('elements');
  const env = shop.environment();
  await symlink(join(inject('fakeOsElements'), 'fake-os'), join(elements, 'fake-os'));

  const cases = await findCases(elements);
  const results: Record<string, string> = {};
  for (const one of cases) {
    const result = await runCase(one, { elements, env, log: shop.at(`${one.name}.log`) });
    results[`${one.element}/${one.name}`] = result.outcome === 'passed' ? 'passed' : result.reason;
  }

  expect(cases.find(({ name }) => name === 'fine')?.formats).toEqual(['tar', 'tgz']);
  expect(results).toEqual({
    'tool/broken': expect.stringMatching(
      /^HOOK_FAILED: post-install\.d\/50-look of element broken ended with status 42/,
    ),
    'tool/fine': 'passed',
    'tool/refused': 'passed',
    'tool/too-lenient': 'a hook says that the build has to fail, and it did not',
    'tool/unknown': expect.stringMatching(/^ELEMENT_UNKNOWN: .*nowhere/),
  });
  await access(shop.at('broken.log'));
});
