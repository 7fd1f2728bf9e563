import { expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

const ASK = hook(
  'map() { "$INGOT_CHANNEL/ingot-request" pkg-map --distro debian --release sid --element maps "$@"; }',
  'echo "MAPPED $(map editor)"',
  'if answer=$(map nonsense 2>&1); then echo "UNKNOWN accepted"; else echo "UNKNOWN $? $answer"; fi',
  'if timeout -s KILL 0.01 "$INGOT_CHANNEL/ingot-request" pkg-map --element maps editor; then :; fi >/dev/null 2>&1 || true',
  'echo "AGAIN $(map editor)"',
);

test('hooks on both sides ask the builder, and a request that was killed does no harm', async () => {
  await using shop = await workshop({
    'maps/pkg-map': '{"family": {"debian": {"editor": "vim-tiny"}}}\n',
    'maps/extra-data.d/50-ask': ASK,
    'maps/install.d/50-ask': ASK,
  });

  const result = await shop.build({ elements: ['maps'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'MAPPED')).toEqual(['vim-tiny', 'vim-tiny']);
  expect(marked(result, 'UNKNOWN')).toEqual([
    expect.stringMatching(/^1 .*nonsense/),
    expect.stringMatching(/^1 .*nonsense/),
  ]);
  expect(marked(result, 'AGAIN')).toEqual(['vim-tiny', 'vim-tiny']);
});

test('a hook that fails of something else after a failed request is told by its own failure', async () => {
  await using shop = await workshop({
    'maps/pkg-map': '{"default": {"a": "b"}}\n',
    'maps/install.d/50-ask': hook(
      '"$INGOT_CHANNEL/ingot-request" package-installs --nonsense || true',
      'seq 30',
      'exit 5',
    ),
  });

  const result = await shop.build({ elements: ['maps'] });

  expect(result.status).toBe(5);
  expect(said(result)).toMatch(/^install\.d\/50-ask of element maps ended with status 5/m);
  expect(said(result)).toContain('HOOK_FAILED');
});

test('a hook that fails of a request is told by what the builder could not do', async () => {
  await using shop = await workshop({
    'maps/install.d/50-ask': hook('seq 30', '"$INGOT_CHANNEL/ingot-request" package-installs --nonsense'),
  });

  const result = await shop.build({ elements: ['maps'] });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(
    /package-installs: the arguments are not understood; install\.d\/50-ask of element maps/,
  );
});
