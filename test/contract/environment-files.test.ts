import { describe, expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

test('sources environment.d by name in byte order, dots allowed, whatever the mode, and hands on what is exported', {
  tags: [
    'environment-files.order',
    'environment-files.names',
    'environment-files.exported',
    'subtle.01',
    'subtle.02',
    'subtle.03',
  ],
}, async () => {
  const add = (name: string) => `export TRAIL="\${TRAIL:+$TRAIL }${name}"\n`;
  await using shop = await workshop({
    'env/environment.d/20-e': `${add('20-e')}NOT_EXPORTED=1\n`,
    'env/environment.d/100-e.bash': add('100-e.bash'),
    'env/environment.d/30-e.sh': `exec:${add('30-e.sh')}`,
    'env/environment.d/40-bad~': add('40-bad~'),
    'env/install.d/10-say': hook('echo "TRAIL $TRAIL ${NOT_EXPORTED-unset}"'),
  });

  const result = await shop.build({ elements: ['env'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'TRAIL')).toEqual(['100-e.bash 20-e 30-e.sh unset']);
});

test('sources environment.d once for each phase, on the side of the phase', {
  tags: ['environment-files.when'],
}, async () => {
  const say = hook('echo "HOOK $SIDE"');
  await using shop = await workshop({
    'env/environment.d/10-side':
      'if [ -e "$TMP_MOUNT_PATH" ]; then export SIDE=host; else export SIDE=chroot; fi\necho "SOURCED $SIDE"\n',
    'env/extra-data.d/10-say': say,
    'env/extra-data.d/20-say': say,
    'env/install.d/10-say': say,
    'env/install.d/20-say': say,
  });

  const result = await shop.build({ elements: ['env'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'HOOK')).toEqual(['host', 'host', 'chroot', 'chroot']);
  const sourced = marked(result, 'SOURCED');
  expect(sourced.filter((side) => side === 'chroot')).toHaveLength(1);
});

describe('environment.d runs under errexit, nounset and pipefail', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['an unset variable', 'export A=1\nexport B=$UNSET_HERE\n', 2],
    ['a failing command', 'export A=1\n\ngrep -q nothing /dev/null\n', 3],
    ['a failing pipe', 'false | true\n', 1],
  ];
  for (const [title, text, line] of cases) {
    test(`${title} ends the build and says where`, { tags: ['environment-files.strict', 'subtle.03'] }, async () => {
      await using shop = await workshop({
        'env/environment.d/10-bad': text,
        'env/install.d/10-say': hook('echo "RAN it"'),
      });

      const result = await shop.build({ elements: ['env'] });

      expect(result.status).toBe(1);
      expect(said(result)).toContain('environment.d/10-bad of element env ended with status 1');
      expect(said(result)).toContain(`elements/env/environment.d/10-bad:${line}\n`);
      expect(marked(result, 'RAN')).toEqual([]);
    });
  }
});
