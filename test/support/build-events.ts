import type { BuildEvent, BuildEventBody } from '../../src/model/events.ts';

/** The moment at which the events of `story` begin: 2026-11-20 18:00:00.000 UTC. */
export const STORY_START = Date.UTC(2026, 10, 20, 18, 0, 0);

/** Puts events into the envelopes of one build, one second apart. */
export function story(...bodies: readonly BuildEventBody[]): BuildEvent[] {
  return bodies.map((body, index) => ({ ...body, seq: index + 1, at: STORY_START + index * 1000, buildId: 'b1' }));
}

/** The first event of a build of three steps. */
export const STARTED: BuildEventBody = {
  kind: 'build-started',
  elements: ['base', 'debian-minimal'],
  steps: [
    { id: 'root.d/08-debootstrap', title: '08-debootstrap', element: 'debootstrap', phase: 'root.d' },
    { id: 'install.d/10-tools', title: '10-tools', element: 'tools', phase: 'install.d' },
    { id: 'finish-tree', title: 'tidy the tree' },
  ],
};

/** A failed hook, and the end of its build. */
export const FAILURE: readonly BuildEventBody[] = [
  { kind: 'step-started', step: 'install.d/10-tools' },
  { kind: 'step-output', step: 'install.d/10-tools', stream: 'stderr', line: 'make: *** No rule' },
  {
    kind: 'step-failed',
    step: 'install.d/10-tools',
    ms: 900,
    error: { code: 'HOOK_FAILED', message: 'it ended with status 42' },
  },
  {
    kind: 'build-finished',
    outcome: 'failed',
    ms: 4000,
    error: {
      code: 'HOOK_FAILED',
      message: 'install.d/10-tools of element tools ended with status 42',
      place: { file: '/elements/tools/install.d/10-tools', line: 7 },
      exitStatus: 42,
      tail: ['make: *** No rule'],
      hint: 'Mend the hook.',
    },
  },
];
