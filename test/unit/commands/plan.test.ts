import { describe, expect, it } from 'vitest';
import { PlanListener, planJson, planTable } from '../../../src/commands/plan.ts';
import type { BuildEventBody } from '../../../src/model/events.ts';

function listen(...bodies: readonly BuildEventBody[]): PlanListener {
  const plan = new PlanListener();
  for (const [index, body] of bodies.entries()) plan.take({ ...body, seq: index + 1, at: 0, buildId: 'b' });
  return plan;
}

const PLAN = listen(
  {
    kind: 'build-started',
    elements: ['base', 'debian'],
    steps: [
      { id: 'root.d/08-debootstrap', title: '08-debootstrap', element: 'debootstrap', phase: 'root.d' },
      { id: 'install.d/10-foo', title: '10-foo', element: 'foo', phase: 'install.d' },
      { id: 'fstab', title: '/etc/fstab' },
    ],
  },
  { kind: 'step-finished', step: 'root.d/08-debootstrap', outcome: 'hit', ms: 1 },
  { kind: 'step-finished', step: 'install.d/10-foo', outcome: 'ran', ms: 1, missReason: '$DIB_RELEASE changed' },
);

describe('ingot plan', () => {
  it('shows for each step whether its layer is there, and why not', () => {
    expect(planTable(PLAN.steps).split('\n')).toEqual([
      '#  PHASE      ELEMENT      STEP            LAYER  WHY',
      '1  root.d     debootstrap  08-debootstrap  hit',
      '2  install.d  foo          10-foo          miss   $DIB_RELEASE changed',
      '3                          /etc/fstab      ?',
      '',
      '1 restored, 1 to run, 1 decided by the finished tree',
      '',
    ]);
  });

  it('gives the same to programs', () => {
    expect(JSON.parse(planJson(PLAN.elements, PLAN.steps))).toMatchObject({
      elements: ['base', 'debian'],
      steps: [
        { id: 'root.d/08-debootstrap', layer: 'hit' },
        { id: 'install.d/10-foo', layer: 'miss', reason: '$DIB_RELEASE changed' },
        { id: 'fstab', layer: 'unknown' },
      ],
    });
  });
});
