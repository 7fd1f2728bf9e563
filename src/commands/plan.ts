import type { Command } from 'commander';
import { castImage } from '../build/front.ts';
import { fromErrorReport } from '../model/error.ts';
import type { BuildEvent, StepSummary } from '../model/events.ts';
import { addBuildOptions, type IngotSession, requestOf } from './ingot-session.ts';
import { checkFolders } from './required-folders.ts';
import { watchStopSignals } from './stop-signals.ts';

/** A step as `ingot plan` shows it. */
export interface PlannedStep {
  readonly id: string;
  readonly title: string;
  readonly element?: string;
  readonly phase?: string;
  /** `hit` is restored from its layer, `miss` has to run, `unknown` depends on the finished tree, so that its key is not known yet. */
  readonly layer: 'hit' | 'miss' | 'unknown';
  /** For a miss: what changed. */
  readonly reason?: string;
}

/** Adds `ingot plan` to the program. */
export function registerPlan(program: Command, session: IngotSession): void {
  const command = program
    .command('plan')
    .description('show the steps of a build, and which of them would run')
    .argument('<element...>', 'elements, as for ingot build');
  addBuildOptions(command)
    .option('--json', 'print the plan as JSON')
    .action(async (elements: readonly string[], values: Readonly<Record<string, unknown>>) => {
      const request = await requestOf(session, elements, values);
      await checkFolders(request);
      using watch = watchStopSignals(session.caller);
      const plan = new PlanListener();
      const result = await castImage(request, { mode: 'plan', onEvent: plan.take, signal: watch.signal });
      const stopped = watch.status();
      if (stopped !== undefined) {
        session.setStatus(stopped);
        return;
      }
      if (result.outcome !== 'succeeded') throw fromErrorReport(result.error);
      session.caller.stdout.write(values.json === true ? planJson(plan.elements, plan.steps) : planTable(plan.steps));
    });
}

/** Gathers the plan from the events of a build in plan mode. */
export class PlanListener {
  elements: readonly string[] = [];
  #summaries: readonly StepSummary[] = [];
  readonly #layers = new Map<string, Pick<PlannedStep, 'layer' | 'reason'>>();

  readonly take = (event: BuildEvent): void => {
    if (event.kind === 'build-started') this.elements = event.elements;
    if (event.kind === 'build-started' || event.kind === 'steps-planned') this.#summaries = event.steps;
    if (event.kind === 'step-finished' && event.outcome !== 'skipped') {
      this.#layers.set(event.step, {
        layer: event.outcome === 'hit' ? 'hit' : 'miss',
        ...(event.missReason === undefined ? {} : { reason: event.missReason }),
      });
    }
  };

  get steps(): readonly PlannedStep[] {
    return this.#summaries.map((summary) => ({
      ...summary,
      ...(this.#layers.get(summary.id) ?? { layer: 'unknown' }),
    }));
  }
}

/** The plan for programs. */
export function planJson(elements: readonly string[], steps: readonly PlannedStep[]): string {
  return `${JSON.stringify({ elements, steps }, undefined, 2)}\n`;
}

/** The plan for people: one line for each step, and a line of counts at the end. */
export function planTable(steps: readonly PlannedStep[]): string {
  const rows = steps.map((step, index) => [
    String(index + 1),
    step.phase ?? '',
    step.element ?? '',
    step.title,
    step.layer === 'unknown' ? '?' : step.layer,
    step.reason ?? '',
  ]);
  const table = [['#', 'PHASE', 'ELEMENT', 'STEP', 'LAYER', 'WHY'], ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd(),
  );
  const count = (layer: PlannedStep['layer']): number => steps.filter((step) => step.layer === layer).length;
  const unknown = count('unknown') === 0 ? '' : `, ${count('unknown')} decided by the finished tree`;
  return `${lines.join('\n')}\n\n${count('hit')} restored, ${count('miss')} to run${unknown}\n`;
}

/** Numbers stand at the right of their column. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padStart(width) : cell.padEnd(width);
}
