import { usedCpuMs } from '../host/cpu-time.ts';
import { layerKey } from '../layers/key.ts';
import { IngotError, toErrorReport } from '../model/error.ts';
import { PHASES, type Phase } from '../model/phase.ts';
import type { Environment } from '../model/request.ts';
import type { Step } from '../plan/steps.ts';
import { breakAfterError } from './break-shell.ts';
import type { BuildContext } from './build-context.ts';
import { explainFullDisk, writtenFolders } from './full-disk.ts';
import { phaseEnvironment } from './run-hook.ts';
import { runStep } from './run-step.ts';
import { stepRecord } from './step-record.ts';

/**
 * Brings the build tree through the steps: each one's layer is restored when there is one, else the step runs and what it wrote becomes
 * its layer. After a failure the tree is closed.
 * @throws IngotError of the step that failed
 */
export async function runSteps(context: BuildContext, steps: readonly Step[]): Promise<void> {
  await eachStep(context, steps, restoreOrRun);
}

/**
 * Runs the steps on the tree as it is, which stays open, and makes no layers: on a mounted disk there is none to tell what was written.
 * @throws IngotError of the step that failed
 */
export async function runUnlayered(context: BuildContext, steps: readonly Step[]): Promise<void> {
  await eachStep(context, steps, async (_, step, phases) => {
    await act(context, step, phases, UNLAYERED);
    return 'ran';
  });
}

/** Why a step that makes no layer runs. */
export const UNLAYERED = 'runs on a block device in every build';

async function eachStep(
  context: BuildContext,
  steps: readonly Step[],
  doStep: (context: BuildContext, step: Step, phases: PhaseEnvironments) => Promise<'hit' | 'ran'>,
): Promise<void> {
  const phases = new PhaseEnvironments(context);
  const profile: { readonly name: string; readonly ms: number }[] = [];
  for (const [index, step] of steps.entries()) {
    const startedAt = Date.now();
    const outcome = await doStep(context, step, phases);
    if (step.kind !== 'hook') continue;
    if (outcome === 'ran') profile.push({ name: step.hook.name, ms: Date.now() - startedAt });
    if (steps[index + 1]?.phase === step.phase || profile.length === 0) continue;
    context.emit({ kind: 'phase-finished', phase: step.phase, hooks: profile.splice(0) });
  }
}

/**
 * Looks every step up without running any.
 * @param isRestored false when a step before these would have to run: then these will, too
 * @returns false when a step would have to run
 */
export async function lookUpSteps(
  context: BuildContext,
  steps: readonly Step[],
  isRestored: boolean,
): Promise<boolean> {
  let isComplete = isRestored;
  for (const step of steps) {
    const record = await stepRecord(context, step);
    const key = layerKey(context.tree.identity, record.fields);
    const lookup = isComplete ? context.store.find(key, record, context.request.refreshes === true) : undefined;
    if (lookup?.kind === 'hit') context.tree.restore(lookup.layer);
    else isComplete = false;
    const missReason =
      lookup === undefined ? 'follows a step that runs' : lookup.kind === 'miss' ? lookup.reason : undefined;
    const outcome = lookup?.kind === 'hit' ? 'hit' : 'ran';
    context.emit({ kind: 'step-finished', step: step.id, outcome, ms: 0, missReason });
  }
  return isComplete;
}

/** Environments of phases, made when the first step of a phase has to run: `environment.d` is sourced once for each. */
class PhaseEnvironments {
  readonly #context: BuildContext;
  readonly #made = new Map<Phase, Environment>();

  constructor(context: BuildContext) {
    this.#context = context;
  }

  async of(phase: Phase, step: string): Promise<Environment> {
    const known = this.#made.get(phase);
    if (known !== undefined) return known;
    const { emit } = this.#context;
    const env = await phaseEnvironment(this.#context, phase, (line, stream) =>
      emit({ kind: 'step-output', step, stream, line }),
    );
    this.#made.set(phase, env);
    return env;
  }
}

async function restoreOrRun(context: BuildContext, step: Step, phases: PhaseEnvironments): Promise<'hit' | 'ran'> {
  const { emit, store, tree } = context;
  const startedAt = Date.now();
  const record = await stepRecord(context, step);
  const key = layerKey(tree.identity, record.fields);
  const lookup = store.find(key, record, context.request.refreshes === true);
  if (lookup.kind === 'hit') {
    tree.restore(lookup.layer);
    if (step.kind === 'fstab') await tree.dropLeftMounts();
    emit({ kind: 'step-finished', step: step.id, outcome: 'hit', ms: Date.now() - startedAt });
    return 'hit';
  }
  await tree.open();
  try {
    const mounts = tree.leftMounts();
    await act(context, step, phases, lookup.reason, async () => {
      const isMounting = warnOfMounts(context, step, mounts);
      // No layer holds a mount, and a layer that holds a hook would hide what becomes of the element's own.
      const isRepeated = isMounting || tree.changedHooks().length > 0;
      await tree.commit(key, isRepeated ? { ...record, freshness: 'always-runs' } : record);
    });
    return 'ran';
  } catch (error) {
    await tree.close();
    throw error;
  }
}

/** Runs a step on the open tree, and what follows when it was done; for whoever watches both are one. */
async function act(
  context: BuildContext,
  step: Step,
  phases: PhaseEnvironments,
  missReason: string,
  afterwards: () => Promise<void> = async () => {},
): Promise<void> {
  const { emit } = context;
  const startedAt = Date.now();
  const cpuAtStart = usedCpuMs();
  emit({ kind: 'step-started', step: step.id });
  try {
    const environmentOf = async (phase: Phase) => await phases.of(phase, step.id);
    const outcome = (await runStep(context, step, environmentOf)) ? 'ran' : 'skipped';
    await afterwards();
    const cpuMs = usedCpuMs() - cpuAtStart;
    emit({ kind: 'step-finished', step: step.id, outcome, ms: Date.now() - startedAt, cpuMs, missReason });
  } catch (thrown) {
    const error = await explainFullDisk(thrown, writtenFolders(context.task));
    emit({ kind: 'step-failed', step: step.id, ms: Date.now() - startedAt, error: toErrorReport(error) });
    if (step.kind === 'hook' && error instanceof IngotError && PHASES[step.phase].side === 'chroot') {
      await breakAfterError(context, step.phase, await phases.of(step.phase, step.id));
    }
    throw error;
  }
}

/** Names the mounts that a step has made beside those before it; true when there are any. */
function warnOfMounts(context: BuildContext, step: Step, before: readonly string[]): boolean {
  const left = context.tree.leftMounts().filter((point) => !before.includes(point));
  if (left.length === 0) return false;
  const text = `${step.id} left mounts in the tree: ${left.join(', ')}`;
  context.emit({
    kind: 'message',
    level: 'warning',
    text,
    hint: 'They are kept until post-root.d is over and never enter the image. The step runs in every build, because no layer holds a mount.',
  });
  return true;
}
