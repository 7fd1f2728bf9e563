import { describe, expect, it } from 'vitest';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { PlainLog, stamped } from '../../../src/report/plain-log.ts';
import { FAILURE, STARTED, STORY_START, story } from '../../support/build-events.ts';

function lines(...bodies: readonly BuildEventBody[]): string[] {
  const log = new PlainLog(['/logs/events.ndjson']);
  return story(...bodies).flatMap((event) => log.linesOf(event));
}

describe('the plain log', () => {
  it('prefixes the moment in UTC as diskimage-builder does', { tags: ['streams.time'] }, () => {
    expect(stamped(STORY_START + 45, 'hello')).toBe('2026-11-20 18:00:00.045 | hello');
  });

  it('hands output on as it came, but for the noise of tracing', { tags: ['streams.trace-noise'] }, () => {
    const output = (line: string): BuildEventBody => ({ kind: 'step-output', step: 's', stream: 'stdout', line });

    expect(lines(output('  \u001b[1mkept\u001b[0m\tas is'), output('+ set +o xtrace'), output('xtrace=x'))).toEqual([
      '  \u001b[1mkept\u001b[0m\tas is',
    ]);
  });

  it('tells how each step ended', () => {
    const told = lines(
      STARTED,
      { kind: 'step-started', step: 'root.d/08-debootstrap' },
      { kind: 'step-finished', step: 'root.d/08-debootstrap', outcome: 'ran', ms: 1 },
      { kind: 'step-finished', step: 'install.d/10-tools', outcome: 'hit', ms: 1 },
      { kind: 'step-finished', step: 'finish-tree', outcome: 'skipped', ms: 1 },
      { kind: 'build-finished', outcome: 'succeeded', ms: 61_000 },
    );

    expect(told).toEqual([
      'Building elements: base debian-minimal',
      'dib-run-parts Running root.d/08-debootstrap',
      'dib-run-parts root.d/08-debootstrap completed',
      'dib-run-parts install.d/10-tools restored from its layer',
      'ingot finish-tree had nothing to do',
      'Build completed successfully in 1 min 01 s',
    ]);
  });

  it('prints the profile of a phase in the known form, sorted by bytes', { tags: ['hooks.profile'] }, () => {
    const hooks = [
      { name: '9-last', ms: 1234 },
      { name: '10-first', ms: 5 },
    ];

    expect(lines({ kind: 'phase-finished', phase: 'install.d', hooks })).toEqual([
      'dib-run-parts ----------------------- PROFILING -----------------------',
      'dib-run-parts',
      'dib-run-parts Target: install.d',
      'dib-run-parts',
      'dib-run-parts Script                                     Seconds',
      'dib-run-parts ---------------------------------------  ----------',
      'dib-run-parts',
      'dib-run-parts 10-first                                      0.005',
      'dib-run-parts 9-last                                        1.234',
      'dib-run-parts',
      'dib-run-parts --------------------- END PROFILING ---------------------',
    ]);
  });

  it('says of a failed hook what, where, its last output and how to go on', () => {
    expect(lines(STARTED, ...FAILURE).slice(3)).toEqual([
      'install.d/10-tools of element tools ended with status 42',
      '  element  tools',
      '  phase    install.d',
      '  place    /elements/tools/install.d/10-tools:7',
      '  status   42',
      '  code     HOOK_FAILED',
      '  last output:',
      '  | make: *** No rule',
      '  Mend the hook.',
      '  The whole log: /logs/events.ndjson',
    ]);
  });

  it('says how to go on after a step failed that is no hook, and lists every issue', () => {
    const told = lines(
      STARTED,
      { kind: 'step-failed', step: 'finish-tree', ms: 1, error: { code: 'DISK_FULL', message: 'full' } },
      {
        kind: 'build-finished',
        outcome: 'failed',
        ms: 1,
        error: {
          code: 'DEFINITION_INVALID',
          message: 'bad',
          issues: [{ message: 'no such key', place: { file: 'a.yaml', line: 3, column: 2 }, hint: 'Use b.' }],
        },
      },
    );

    expect(told.slice(1)).toEqual([
      'finish-tree failed: bad',
      '  code     DEFINITION_INVALID',
      '  - a.yaml:3:2: no such key',
      '    Use b.',
      expect.stringMatching(/same command goes on from the last good layer.*break=after-error/),
      '  The whole log: /logs/events.ndjson',
    ]);
  });

  it('shows the end of a long output and says that there is more', () => {
    const tail = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const told = lines({
      kind: 'build-finished',
      outcome: 'failed',
      ms: 1,
      error: { code: 'TOOL_FAILED', message: 'x', tail },
    });

    expect(told[2]).toBe('  last output (10 lines before it are in the log):');
    expect(told[3]).toBe('  | line 10');
    expect(told[22]).toBe('  | line 29');
  });
});
