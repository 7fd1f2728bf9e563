import type { Hook } from '../model/element.ts';
import type { StepSummary } from '../model/events.ts';
import { PHASE_NAMES, PHASES, type Phase } from '../model/phase.ts';

/** One act of a build on the build tree; each has a layer of its own. */
export type Step = StepSummary &
  (
    | { readonly kind: 'hook'; readonly phase: Phase; readonly hook: Hook }
    /** Names the resolver for the chroot and puts the engine's stand-ins in place. */
    | { readonly kind: 'prepare-tree' }
    /** Generates the initramfs that maintainer scripts asked for since the last time. */
    | { readonly kind: 'initramfs' }
    /** Extra packages of the request. */
    | { readonly kind: 'packages'; readonly packages: readonly string[] }
    /** Ends the tree: settles the size of the disk, and writes `/etc/fstab` of the layout unless another disk may take its place. */
    | { readonly kind: 'fstab'; readonly isLayoutSure: boolean }
    /** Takes away what only the build needed. */
    | { readonly kind: 'finish-tree' }
    /** A shell for the user, at the moment it names (`before-install`, `after-install`). */
    | { readonly kind: 'break'; readonly phase: Phase; readonly moment: 'before' | 'after' }
  );

export interface StepsInput {
  /** Hooks in running order. */
  readonly hooks: Readonly<Partial<Record<Phase, readonly Hook[]>>>;
  readonly packages: readonly string[];
  /** False where another disk may take the place of the layout. */
  readonly isLayoutSure: boolean;
  /** Break points of the request, such as `before-install`. */
  readonly breakPoints: readonly string[];
}

/** The steps of a build, in order, from the empty tree to the tree that becomes the image. Pure. */
export function planSteps(input: StepsInput): readonly Step[] {
  return PHASE_NAMES.flatMap((phase) => [...stepsOfPhase(phase, input), ...stepsAfter(phase, input)]);
}

function stepsOfPhase(phase: Phase, { hooks, breakPoints }: StepsInput): Step[] {
  const steps: Step[] = (hooks[phase] ?? []).map((hook) => ({
    kind: 'hook',
    id: `${phase}/${hook.name}`,
    title: hook.name,
    element: hook.element,
    phase,
    hook,
  }));
  // A phase of the chroot that no element has is left out as a whole.
  if (steps.length === 0 && PHASES[phase].side === 'chroot') return [];
  const word = phase.slice(0, -'.d'.length);
  if (breakPoints.includes(`before-${word}`)) steps.unshift(breakStep(phase, 'before'));
  if (breakPoints.includes(`after-${word}`)) steps.push(breakStep(phase, 'after'));
  return steps;
}

function stepsAfter(phase: Phase, { packages, isLayoutSure }: StepsInput): Step[] {
  switch (phase) {
    case 'root.d':
      return [{ kind: 'prepare-tree', id: 'prepare-tree', title: 'resolver and stand-ins' }];
    case 'install.d': {
      const extra: Step[] = [{ kind: 'packages', id: 'packages', title: `packages: ${packages.join(', ')}`, packages }];
      return [initramfs('install.d'), ...(packages.length > 0 ? extra : [])];
    }
    case 'post-install.d':
      return [initramfs('post-install.d')];
    case 'post-root.d':
      return [{ kind: 'fstab', id: 'fstab', title: '/etc/fstab', isLayoutSure }];
    case 'finalise.d':
      return [initramfs('finalise.d')];
    case 'cleanup.d':
      return [{ kind: 'finish-tree', id: 'finish-tree', title: 'tidy the tree' }];
    default:
      return [];
  }
}

function initramfs(after: Phase): Step {
  return { kind: 'initramfs', id: `initramfs after ${after}`, title: 'initramfs, if asked for' };
}

function breakStep(phase: Phase, moment: 'before' | 'after'): Step {
  const point = `${moment}-${phase.slice(0, -'.d'.length)}`;
  return { kind: 'break', id: `break ${point}`, title: `shell at ${point}`, phase, moment };
}
