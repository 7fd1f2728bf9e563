import { formatDuration } from './terminal-text.ts';

/** How a test of an element ended. */
export interface TestOutcome {
  /** `ELEMENT/TEST`. */
  readonly id: string;
  readonly outcome: 'passed' | 'failed' | 'cancelled';
  /** Why it did not pass, in lines that each end with a line end. */
  readonly reason?: string;
  readonly ms: number;
}

/** What a person reads of one test. */
export function testText({ id, outcome, reason = '', ms }: TestOutcome): string {
  const head = `${outcome === 'passed' ? 'ok    ' : 'FAILED'}  ${id}  ${formatDuration(ms)}\n`;
  return outcome === 'passed' ? head : `${head}${reason.replace(/^(?=.)/gm, '        ')}`;
}

/** The last line for a person. */
export function countText(outcomes: readonly TestOutcome[]): string {
  const passed = outcomes.filter(({ outcome }) => outcome === 'passed').length;
  return `${passed} passed, ${outcomes.length - passed} failed\n`;
}

/** All tests as JUnit's XML, which most CI systems show. */
export function junitText(outcomes: readonly TestOutcome[]): string {
  const failures = outcomes.filter(({ outcome }) => outcome !== 'passed').length;
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  const total = seconds(outcomes.reduce((sum, { ms }) => sum + ms, 0));
  const cases = outcomes.map(({ id, outcome, reason = '', ms }) => {
    const [element = '', name = ''] = id.split('/');
    const head = `    <testcase classname="${escaped(element)}" name="${escaped(name)}" time="${seconds(ms)}"`;
    if (outcome === 'passed') return `${head}/>`;
    return `${head}>\n      <failure message="${outcome}">${escaped(reason)}</failure>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="ingot test" tests="${outcomes.length}" failures="${failures}" time="${total}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** XML has no way to write control characters other than tab and line end. */
function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML forbids
      .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
