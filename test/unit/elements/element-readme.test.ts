import { expect, test } from 'vitest';
import { readReadme } from '../../../src/elements/element-readme.ts';

const README = `===
web
===

Serves pages, e.g. those of \`\`nginx\`\`. More
of it here.

Variables
=========

\`\`DIB_WEB_PORT\`\` (default \`\`80\`\`)
  The port, which
  has to be free.

\`\`DIB_WEB_A\`\`, \`\`DIB_WEB_B\`\` (default: none)
  Two of a kind.

  With a second paragraph.

\`\`DIB_WEB_KEY=FILE\`\`
  A key.

Phases
======

\`\`install.d/50-web\`\`
  Installs.
`;

test('finds the first sentence and the variables with their defaults', () => {
  expect(readReadme(README)).toEqual({
    summary: 'Serves pages, e.g. those of nginx.',
    variables: [
      { name: 'DIB_WEB_PORT', fallback: '80', meaning: 'The port, which has to be free.' },
      { name: 'DIB_WEB_A', fallback: 'none', meaning: 'Two of a kind. With a second paragraph.' },
      { name: 'DIB_WEB_B', fallback: 'none', meaning: 'Two of a kind. With a second paragraph.' },
      { name: 'DIB_WEB_KEY', fallback: undefined, meaning: 'A key.' },
    ],
  });
});

test('takes what it finds of a README that follows no template', () => {
  expect(readReadme('')).toEqual({ summary: '', variables: [] });
  expect(readReadme('Variables\n~~~~~~~~~\nNone here\n').variables).toEqual([]);
  expect(readReadme('web\n---\nserves pages\n').summary).toBe('serves pages');
});
