import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { elementEnvironmentText, elementNamesText } from '../../../src/elements/element-info.ts';
import { run } from '../../../src/host/process.ts';

const elements = [
  { name: 'b', path: "/lib/it's $HOME/b", needs: [], provides: [], hides: [] },
  { name: 'a', path: '/lib/a', needs: [], provides: [], hides: [] },
];

test('prints names in order on one line', { tags: ['element-info.names'] }, () => {
  expect(elementNamesText(elements)).toBe('b a\n');
});

test('prints text that bash evaluates to the three interfaces', {
  tags: ['element-info.env', 'elements.yaml'],
}, async () => {
  const script = `${elementEnvironmentText(elements)}
    eval "declare -A paths=($(get_image_element_array))"
    printf '%s\\0' "$IMAGE_ELEMENT" "$IMAGE_ELEMENT_YAML" "\${paths[a]}" "\${paths[b]}"`;

  const { stdout } = await run('bash', ['-euc', script]);

  const [names, yaml = '', ...paths] = stdout.split('\0');
  expect(names).toBe('b a');
  expect(parse(yaml)).toEqual({ a: '/lib/a', b: "/lib/it's $HOME/b" });
  expect(paths).toEqual(['/lib/a', "/lib/it's $HOME/b", '']);
});
