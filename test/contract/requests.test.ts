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
