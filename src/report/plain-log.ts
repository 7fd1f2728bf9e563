import { formatBytes } from '../model/bytes.ts';
import type { BuildEvent, StepOutcome, StepSummary } from '../model/events.ts';
import { failureLines } from './failure-text.ts';
import { profileLines } from './profile-table.ts';
import { formatDuration } from './terminal-text.ts';

/** Lines of shell tracing that only say that tracing is switched. */
const TRACE_NOISE = /set \+o|xtrace/;

/** Turns events into lines of the plain log, one call for each event in order. */
export class PlainLog {
  readonly #steps = new Map<string, StepSummary>();
  readonly #logs: readonly string[];
  #failed: StepSummary | undefined;

  /** @param logs where the whole story is, for the text of a failure */
  constructor(logs: readonly string[]) {
    this.#logs = logs;
  }

  /** The lines of an event, without time. */
  linesOf(event: BuildEvent): string[] {
    return this.#allLines(event).filter((line) => !TRACE_NOISE.test(line));
  }

  #allLines(event: BuildEvent): string[] {
    switch (event.kind) {
      case 'build-started':
        this.#learn(event.steps);
        return [`Building elements: ${event.elements.join(' ')}`];
      case 'steps-planned':
        this.#learn(event.steps);
        return [];
      case 'step-started':
        return [`${this.#whoRuns(event.step)} Running ${event.step}`];
      case 'step-output':
        return [event.line];
      case 'step-finished':
        return [`${this.#whoRuns(event.step)} ${event.step} ${outcomeWords(event.outcome)}`];
      case 'step-failed':
        this.#failed = this.#steps.get(event.step) ?? { id: event.step, title: event.step };
        return [];
      case 'phase-finished':
        return profileLines(event.phase, event.hooks);
      case 'message':
        return [`${event.level === 'warning' ? 'WARNING: ' : ''}${event.text}`, ...(event.hint ? [event.hint] : [])];
      case 'fetch-progress':
        return event.doneBytes < event.totalBytes
          ? []
          : [`Fetched ${event.subject} (${formatBytes(event.totalBytes)})`];
      case 'shell-opened':
        return [`Opening a shell: ${event.reason}`];
      case 'shell-closed':
        return ['The shell has ended'];
      case 'artifact-written':
        return [`Image file ${event.artifact.path} created...`];
      case 'target-image-written':
        return [`Image ${event.image.name} of ${event.image.mountPoint} written`];
      case 'build-finished':
        return event.outcome === 'succeeded'
          ? [`Build completed successfully in ${formatDuration(event.ms)}`]
          : failureLines({ error: event.error, step: this.#failed, logs: this.#logs });
      default:
        return event satisfies never;
    }
  }

  /** Hooks are told of as diskimage-builder's runner of hooks does; the engine's own steps under its name. */
  #whoRuns(step: string): string {
    return this.#steps.get(step)?.element === undefined ? 'ingot' : 'dib-run-parts';
  }

  #learn(steps: readonly StepSummary[]): void {
    for (const step of steps) this.#steps.set(step.id, step);
  }
}

function outcomeWords(outcome: StepOutcome): string {
  switch (outcome) {
    case 'hit':
      return 'restored from its layer';
    case 'skipped':
      return 'had nothing to do';
    case 'ran':
      return 'completed';
    default:
      return outcome satisfies never;
  }
}

/** A log line behind its moment in UTC: `2026-11-20 18:04:59.123 | text`. */
export function stamped(at: number, line: string): string {
  return `${new Date(at).toISOString().replace('T', ' ').slice(0, -1)} | ${line}`;
}
