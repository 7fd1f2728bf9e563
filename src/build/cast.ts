import { readPhaseHooks } from '../elements/phase-hooks.ts';
import type { EmitEvent, StepSummary } from '../model/events.ts';
import { PHASE_NAMES } from '../model/phase.ts';
import { type DeviceReason, deviceReasons, isLayoutSure, splitAtDisk } from '../plan/device-mode.ts';
import { planSteps, type Step } from '../plan/steps.ts';
import { ASSERTIONS_STEP, assertFinishedTree, hasAssertions } from './assert-tree.ts';
import type { BuildContext } from './build-context.ts';
import type { BuilderTask } from './builder-protocol.ts';
import { castOnDevice } from './cast-on-device.ts';
import { hookNeeds, refuseUnmetNeeds } from './device-need.ts';
import { tellImageUsage } from './image-usage.ts';
import { DISK_STEP, FILES_STEP, lookUpImage, makeImage } from './make-image.ts';
import { makeTargetImages, TARGET_STEP } from './make-target-images.ts';
import { type OpenBuild, openBuild } from './open-build.ts';
import { lookUpSteps, runSteps, UNLAYERED } from './run-steps.ts';

/**
 * Casts elements into an image, from the task to the finished files. Runs inside the builder's namespaces.
 * @throws IngotError of whatever failed first
 */
export async function cast(task: BuilderTask, emit: EmitEvent): Promise<void> {
  await using build = await openBuild(task, emit);
  const { context, hooks } = build;
  const steps = stepsOf(context, hooks);
  const planned: Plan = { steps, reasons: build.reasons };
  emit({
    kind: 'build-started',
    elements: context.elements.map((element) => element.name),
    steps: summariesOf(context, planned),
  });
  const { early, late } = splitSteps(steps);
  if (task.mode === 'plan') {
    const isComplete = await lookUpSteps(context, early, true);
    await lookUpEnd(context, isComplete ? await planEnd(build, planned) : { ...planned, steps: late }, isComplete);
    return;
  }
  await runSteps(context, early);
  const end = await planEnd(build, planned);
  if (end.reasons.length > 0) {
    const { before, ...rest } = splitAtDisk(end.steps);
    await runSteps(context, before);
    await tellImageUsage(context);
    await castOnDevice(context, rest);
    return;
  }
  await runSteps(context, end.steps);
  await tellImageUsage(context);
  await assertFinishedTree(context);
  if (context.request.targetImages !== undefined) await makeTargetImages(context);
  else if (writesImages(context)) await makeImage(context);
}

/** What a build has still to do. */
interface Plan {
  readonly steps: readonly Step[];
  /** Why its last phases need a block device; none where they do without. */
  readonly reasons: readonly DeviceReason[];
}

/** Hooks of extra-data.d can make hooks of later phases, so only the tree after them tells what comes. */
async function planEnd(build: OpenBuild, guessed: Plan): Promise<Plan> {
  const { context, hooks } = build;
  const { tree, request, nodes, inputs, task } = context;
  await tree.open();
  const pattern = request.environment.RUN_PARTS_REGEX;
  const found = PHASE_NAMES.map((phase) => [phase, readPhaseHooks(tree.hooks, phase, nodes, pattern)] as const);
  await inputs.learn(
    tree.hooks,
    found.flatMap(([, list]) => list),
  );
  const known = { ...Object.fromEntries(found), 'root.d': hooks['root.d'], 'extra-data.d': hooks['extra-data.d'] };
  const steps = stepsOf(context, known);
  const reasons = deviceReasons({ hooks: known, textOf: (hook) => inputs.textOf(hook), request });
  const isNew =
    steps.length !== guessed.steps.length || steps.some((step, index) => step.id !== guessed.steps[index]?.id);
  if (isNew) context.emit({ kind: 'steps-planned', steps: summariesOf(context, { steps, reasons }) });
  await refuseUnmetNeeds(hookNeeds(reasons, request), task);
  const because = reasons.map(({ text }) => text).join(', ');
  const text = `device mode: the last phases run on a block device, because ${because}`;
  if (reasons.length > 0) context.emit({ kind: 'message', level: 'info', text });
  return { steps: splitSteps(steps).late, reasons };
}

/** Says of the last steps, without running any, which would run. */
async function lookUpEnd(context: BuildContext, { steps, reasons }: Plan, isComplete: boolean): Promise<void> {
  if (reasons.length === 0) {
    const isWhole = await lookUpSteps(context, steps, isComplete);
    if (writesImages(context)) await lookUpImage(context, isWhole);
    return;
  }
  const { before, making, on } = splitAtDisk(steps);
  await lookUpSteps(context, before, isComplete);
  for (const { id } of [...making, DISK_STEP, ...on, ...(writesImages(context) ? [FILES_STEP] : [])])
    context.emit({ kind: 'step-finished', step: id, outcome: 'ran', ms: 0, missReason: UNLAYERED });
}

function stepsOf({ request }: BuildContext, hooks: OpenBuild['hooks']): readonly Step[] {
  const { packages, breaks } = request;
  return planSteps({ hooks, packages, breakPoints: breaks.points, isLayoutSure: isLayoutSure(hooks, request) });
}

function splitSteps(steps: readonly Step[]): { readonly early: readonly Step[]; readonly late: readonly Step[] } {
  const firstLate = steps.findIndex(
    (step) => step.phase === 'pre-install.d' || step.id === 'initramfs after install.d' || step.phase === 'install.d',
  );
  return { early: steps.slice(0, firstLate), late: steps.slice(firstLate) };
}

/** Everything in the order in which it is done: a block device is there before the last phases. */
function summariesOf(context: BuildContext, { steps, reasons }: Plan): readonly StepSummary[] {
  const files = writesImages(context) ? [FILES_STEP] : [];
  const assertions = hasAssertions(context) ? [ASSERTIONS_STEP] : [];
  if (context.request.targetImages !== undefined) return [...steps.map(summaryOf), ...assertions, TARGET_STEP];
  if (reasons.length === 0)
    return [...steps.map(summaryOf), ...assertions, ...files.flatMap((step) => [DISK_STEP, step])];
  const { before, making, on } = splitAtDisk(steps);
  return [...[...before, ...making].map(summaryOf), DISK_STEP, ...on.map(summaryOf), ...assertions, ...files];
}

function writesImages({ request }: BuildContext): boolean {
  return request.formats.length > 0;
}

function summaryOf({ id, title, element, phase }: Step): Pick<Step, 'id' | 'title' | 'element' | 'phase'> {
  return { id, title, element, phase };
}
