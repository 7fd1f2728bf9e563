import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { logLines } from '../../../src/report/live-log.ts';
import { LiveRegion } from '../../../src/report/live-region.ts';
import { render } from '../../../src/report/live-render.ts';
import { advance, FIRST_STATE, type LiveState } from '../../../src/report/live-state.ts';
import { paintFor } from '../../../src/report/style.ts';
import { textWidth } from '../../../src/report/terminal-text.ts';
import { FAILURE, STARTED, STORY_START, story } from '../../support/build-events.ts';

const paint = paintFor(false);

/** What the log above the region holds after the events, and the region some time later. */
function show(bodies: readonly BuildEventBody[], options: { width?: number; height?: number; laterMs?: number } = {}) {
  const { width = 80, height = 24, laterMs = 0 } = options;
  let state: LiveState = FIRST_STATE;
  const log: string[] = [];
  for (const event of story(...bodies)) {
    log.push(...logLines(event, { before: state, width: width - 1, paint, logs: ['/logs/events.ndjson'] }));
    state = advance(state, event);
  }
  const now = STORY_START + (bodies.length - 1) * 1000 + laterMs;
  return { log, region: render(state, { width, height, now, paint }) };
}

const ran = (step: string, ms = 3200): BuildEventBody => ({ kind: 'step-finished', step, outcome: 'ran', ms });
const hit = (step: string): BuildEventBody => ({ kind: 'step-finished', step, outcome: 'hit', ms: 2 });
const output = (line: string): BuildEventBody => ({
  kind: 'step-output',
  step: 'install.d/10-tools',
  stream: 'stdout',
  line,
});

describe('the live view', () => {
  it('shows the running step with its time and the end of its output above the bar', () => {
    const { region } = show(
      [
        STARTED,
        ran('root.d/08-debootstrap'),
        { kind: 'step-started', step: 'install.d/10-tools' },
        output('one'),
        output('two'),
      ],
      { laterMs: 500 },
    );

    expect(region).toEqual([
      expect.stringMatching(/^. install\.d\/10-tools {2}tools {2}2\.5 s$/u),
      '  │ one',
      '  │ two',
      '━━━━━━━━━━━━━━━━━━━━ 1/3 steps · 4.5 s',
    ]);
  });

  it('leaves each step that ran in the log, with its time at the right', () => {
    const { log } = show([STARTED, ran('root.d/08-debootstrap')], { width: 60 });

    expect(log[1]).toMatch(/^✓ root\.d\/08-debootstrap {2}debootstrap {5,}3\.2 s$/);
    expect(textWidth(log[1] ?? '')).toBe(58);
  });

  it('tells restored steps that follow each other in one line', () => {
    const { log } = show([STARTED, hit('root.d/08-debootstrap'), hit('install.d/10-tools'), ran('finish-tree')]);

    expect(log.slice(1)).toEqual([
      '= restored: 2 steps, root.d/08-debootstrap to install.d/10-tools',
      expect.stringMatching(/^✓ finish-tree .* 3\.2 s$/),
    ]);
  });

  it('tells restored steps once, whatever comes between', () => {
    const { log } = show([
      STARTED,
      hit('root.d/08-debootstrap'),
      { kind: 'message', level: 'warning', text: 'careful', hint: 'Look out.' },
      hit('install.d/10-tools'),
      ran('finish-tree'),
    ]);

    expect(log.slice(1, 5)).toEqual([
      '= restored: root.d/08-debootstrap',
      '! careful',
      '  Look out.',
      '= restored: install.d/10-tools',
    ]);
  });

  it('ends with a summary and an empty region', () => {
    const { log, region } = show([
      STARTED,
      hit('root.d/08-debootstrap'),
      ran('install.d/10-tools'),
      { kind: 'build-finished', outcome: 'succeeded', ms: 41_200 },
    ]);

    expect(log.at(-1)).toBe('✓ Built in 41.2 s: 1 step ran, 1 restored');
    expect(region).toEqual([]);
  });

  it('ends a failed build with its explanation', () => {
    const { log, region } = show([STARTED, ...FAILURE]);

    expect(log.slice(1, 4)).toEqual([
      '',
      '✗ install.d/10-tools of element tools ended with status 42',
      '  element  tools',
    ]);
    expect(region).toEqual([]);
  });

  it('leaves the terminal to a shell while one is open', () => {
    const { log, region } = show([STARTED, { kind: 'shell-opened', reason: 'after-error' }]);

    expect(log.at(-1)).toBe('A shell is open: after-error. Leave it with exit.');
    expect(region).toEqual([]);
  });

  it('shows downloads until they are complete', () => {
    const progress = (doneBytes: number): BuildEventBody => ({
      kind: 'fetch-progress',
      subject: 'packages',
      doneBytes,
      totalBytes: 2048,
    });

    expect(show([STARTED, progress(1024)]).region.at(-1)).toContain('fetching packages 1.0 KiB of 2.0 KiB');
    expect(show([STARTED, progress(1024), progress(2048)]).region.at(-1)).not.toContain('fetching');
  });

  it.each([20, 41, 80, 200])('stays narrower than a terminal of %i columns', (width) => {
    const { region } = show(
      [STARTED, { kind: 'step-started', step: 'install.d/10-tools' }, output('日本'.repeat(200))],
      { width },
    );

    for (const line of region) expect(textWidth(line)).toBeLessThan(width);
  });

  it('stays lower than the terminal', () => {
    const lines = Array.from({ length: 20 }, (_, index) => output(`line ${index}`));

    const { region } = show([STARTED, { kind: 'step-started', step: 'install.d/10-tools' }, ...lines], { height: 8 });

    expect(region).toHaveLength(4);
    expect(region.at(-1)).toContain('steps');
  });

  it('shows what output would do to the terminal instead of doing it', () => {
    const { region } = show([
      STARTED,
      { kind: 'step-started', step: 'install.d/10-tools' },
      output('\u001b]0;owned\u0007\u001b[2Jx'),
    ]);

    expect(region[1]).not.toContain('\u001b');
    expect(region[1]).toContain('x');
  });
});

describe('the live region', () => {
  function terminal(columns: number) {
    const written: string[] = [];
    return { columns, written, write: (text: string) => written.push(text) };
  }

  it('writes each change at once, between marks for synchronized output', () => {
    const sink = terminal(80);
    const region = new LiveRegion(sink);

    region.update(['log'], ['a', 'b']);
    region.update([], ['a', 'c']);
    region.update([], ['a', 'c']);

    expect(sink.written).toEqual([
      '\u001b[?2026hlog\na\nb\u001b[?2026l',
      '\u001b[?2026h\r\u001b[1A\u001b[Ja\nc\u001b[?2026l',
    ]);
  });

  it('erases the rows that a narrower terminal made of its lines', () => {
    const sink = terminal(80);
    const region = new LiveRegion(sink);
    region.update([], ['x'.repeat(50), 'y']);

    sink.columns = 20;
    region.update(['done'], []);

    expect(sink.written.at(-1)).toBe('\u001b[?2026h\r\u001b[3A\u001b[Jdone\n\u001b[?2026l');
    expect(stripVTControlCharacters(sink.written.at(-1) ?? '')).toContain('done');
  });
});
