import { expect, test } from 'vitest';
import type { Hook } from '../../../src/model/element.ts';
import { PHASE_NAMES, type Phase } from '../../../src/model/phase.ts';
import { planSteps } from '../../../src/plan/steps.ts';

const hookOf = (phase: Phase, name = '10-x'): Hook => ({
  phase,
  name,
  element: 'one',
  source: `/one/${phase}/${name}`,
});
const ids = (input: Partial<Parameters<typeof planSteps>[0]>) =>
  planSteps({ hooks: {}, packages: [], isLayoutSure: true, breakPoints: [], ...input }).map((step) => step.id);

test('runs hooks in the order of phases with the own steps of a build between them', () => {
  const hooks = Object.fromEntries(PHASE_NAMES.map((phase) => [phase, [hookOf(phase)]]));

  expect(ids({ hooks, packages: ['tree'] })).toEqual([
    'root.d/10-x',
    'prepare-tree',
    'extra-data.d/10-x',
    'pre-install.d/10-x',
    'install.d/10-x',
    'initramfs after install.d',
    'packages',
    'post-install.d/10-x',
    'initramfs after post-install.d',
    'post-root.d/10-x',
    'fstab',
    'block-device.d/10-x',
    'pre-finalise.d/10-x',
    'finalise.d/10-x',
    'initramfs after finalise.d',
    'cleanup.d/10-x',
    'finish-tree',
  ]);
});

test('keeps the order of the hooks of a phase', () => {
  const hooks = { 'install.d': ['9-b', '010-c', '100-d'].map((name) => hookOf('install.d', name)) };

  expect(ids({ hooks }).filter((id) => id.startsWith('install.d/'))).toEqual([
    'install.d/9-b',
    'install.d/010-c',
    'install.d/100-d',
  ]);
});

test('has a step for packages only when some are wanted', () => {
  expect(ids({ packages: [] })).not.toContain('packages');
  expect(planSteps({ hooks: {}, packages: ['tree', 'less'], isLayoutSure: true, breakPoints: [] })).toContainEqual(
    expect.objectContaining({ id: 'packages', title: 'packages: tree, less', packages: ['tree', 'less'] }),
  );
});

test('stops before and after a phase where break points name it', () => {
  const hooks = { 'install.d': [hookOf('install.d')] };
  const steps = ids({ hooks, breakPoints: ['before-install', 'after-install', 'after-error'] });

  expect(steps.slice(steps.indexOf('break before-install')).slice(0, 3)).toEqual([
    'break before-install',
    'install.d/10-x',
    'break after-install',
  ]);
  expect(steps.filter((id) => id.startsWith('break'))).toHaveLength(2);
});

test('stops at phases of the host without hooks, and passes over such phases of the chroot', () => {
  const steps = ids({ breakPoints: PHASE_NAMES.map((phase) => `before-${phase.slice(0, -2)}`) });

  expect(steps.filter((id) => id.startsWith('break'))).toEqual([
    'break before-root',
    'break before-extra-data',
    'break before-post-root',
    'break before-block-device',
    'break before-pre-finalise',
    'break before-cleanup',
  ]);
});
