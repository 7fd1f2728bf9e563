import { readPhaseHooks } from '../elements/phase-hooks.ts';
import type { EmitEvent, StepSummary } from '../model/events.ts';
import { PHASE_NAMES } from '../model/phase.ts';
import { planSteps, type Step } from '../plan/steps.ts';
import type { BuildContext } from './build-context.ts';
import type { BuilderTask } from './builder-protocol.ts';
import { tellImageUsage } from './image-usage.ts';
import { IMAGE_STEPS, lookUpImage, makeImage } from './make-image.ts';
import { type OpenBuild, openBuild } from './open-build.ts';
import { lookUpSteps, runSteps } from './run-steps.ts';

/**
 * Casts elements into an image, from the task to the finished files. Runs inside the builder's namespaces.
 * @throws IngotError of whatever failed first
 */
export async function cast(task: BuilderTask, emit: EmitEvent): Promise<void> {
  await using build = await openBuild(task, emit);
  const { context, hooks } = build;
  const planned = planSteps({ hooks, packages: task.request.packages, breakPoints: task.request.breaks.points });
  emit({
    kind: 'build-started',
    elements: context.elements.map((element) => element.name),
    steps: [...planned.map(summaryOf), ...imageSteps(context)],
  });
  const { early, late } = splitSteps(planned);
  if (task.mode === 'plan') {
    const isComplete = await lookUpSteps(context, early, true);
    const isWhole = await lookUpSteps(context, isComplete ? await planLate(build, late) : late, isComplete);
    if (writesImages(context)) await lookUpImage(context, isWhole);
    return;
  }
  await runSteps(context, early);
  await runSteps(context, await planLate(build, late));
  await tellImageUsage(context);
  if (writesImages(context)) await makeImage(context);
}

/** Hooks of extra-data.d can make hooks of later phases, so only the tree after them tells what comes. */
async function planLate(build: OpenBuild, guessed: readonly Step[]): Promise<readonly Step[]> {
  const { context, hooks } = build;
  const { tree, request, nodes, inputs } = context;
  await tree.open();
  const found = await Promise.all(
    PHASE_NAMES.map(
      async (phase) =>
        [phase, await readPhaseHooks(tree.hooks, phase, nodes, request.environment.RUN_PARTS_REGEX)] as const,
    ),
  );
  await inputs.learn(
    tree.hooks,
    found.flatMap(([, list]) => list),
  );
  await tree.pause();
  const steps = planSteps({
    hooks: { ...Object.fromEntries(found), 'root.d': hooks['root.d'], 'extra-data.d': hooks['extra-data.d'] },
    packages: request.packages,
    breakPoints: request.breaks.points,
  });
  const { early, late } = splitSteps(steps);
  const isNew = late.length !== guessed.length || late.some((step, index) => step.id !== guessed[index]?.id);
  const summaries = [...[...early, ...late].map(summaryOf), ...imageSteps(context)];
  if (isNew) context.emit({ kind: 'steps-planned', steps: summaries });
  return late;
}

function splitSteps(steps: readonly Step[]): { readonly early: readonly Step[]; readonly late: readonly Step[] } {
  const firstLate = steps.findIndex(
    (step) => step.phase === 'pre-install.d' || step.id === 'initramfs after install.d' || step.phase === 'install.d',
  );
  return { early: steps.slice(0, firstLate), late: steps.slice(firstLate) };
}

function imageSteps(context: BuildContext): readonly StepSummary[] {
  return writesImages(context) ? IMAGE_STEPS : [];
}

function writesImages({ request }: BuildContext): boolean {
  return request.formats.length > 0;
}

function summaryOf({ id, title, element, phase }: Step): Pick<Step, 'id' | 'title' | 'element' | 'phase'> {
  return { id, title, element, phase };
}
