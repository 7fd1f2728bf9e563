import type { BuildEvent, StepSummary } from '../model/events.ts';

/** Lines of output kept of the running step. */
const TAIL_LINES = 8;

/** Restored steps that follow each other; they are told in one line, before the next thing that is told. */
export interface HitRun {
  readonly count: number;
  readonly first: string;
  readonly last: string;
}

export interface RunningStep {
  readonly step: StepSummary;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  /** Last lines of its output, oldest first, as they came. */
  readonly tail: readonly string[];
}

/** What the live view knows of a build. */
export interface LiveState {
  /** Milliseconds since the Unix epoch; 0 before the first event. */
  readonly startedAt: number;
  readonly steps: ReadonlyMap<string, StepSummary>;
  readonly doneCount: number;
  readonly hitCount: number;
  readonly ranCount: number;
  readonly hits?: HitRun;
  readonly running?: RunningStep;
  readonly failed?: StepSummary;
  /** Downloads under way, by subject. */
  readonly fetches: ReadonlyMap<string, { readonly doneBytes: number; readonly totalBytes: number }>;
  /** True while a shell has the terminal. */
  readonly isLent: boolean;
  readonly isFinished: boolean;
}

/** The state before anything happened. */
export const FIRST_STATE: LiveState = {
  startedAt: 0,
  steps: new Map(),
  doneCount: 0,
  hitCount: 0,
  ranCount: 0,
  fetches: new Map(),
  isLent: false,
  isFinished: false,
};

/** The state after an event. Pure. */
export function advance(state: LiveState, event: BuildEvent): LiveState {
  const started = state.startedAt === 0 ? { ...state, startedAt: event.at } : state;
  switch (event.kind) {
    case 'build-started':
    case 'steps-planned':
      return { ...started, steps: new Map(event.steps.map((step) => [step.id, step])) };
    case 'step-started':
      return { ...started, running: { step: stepOf(started, event.step), since: event.at, tail: [] } };
    case 'step-output':
      return withOutput(started, event.step, event.line);
    case 'step-finished':
      return withFinished(started, event);
    case 'step-failed':
      return { ...started, running: undefined, failed: stepOf(started, event.step) };
    case 'fetch-progress':
      return { ...started, fetches: withFetch(started.fetches, event) };
    case 'shell-opened':
      return { ...started, isLent: true, hits: undefined };
    case 'shell-closed':
      return { ...started, isLent: false };
    case 'build-finished':
      return { ...started, running: undefined, isFinished: true };
    case 'message':
    case 'artifact-written':
    case 'target-image-written':
      return { ...started, hits: undefined };
    case 'phase-finished':
      return started;
    default:
      return event satisfies never;
  }
}

/** The summary of a step; a step that no plan told of stands for itself. */
function stepOf(state: LiveState, id: string): StepSummary {
  return state.steps.get(id) ?? { id, title: id };
}

function withOutput(state: LiveState, id: string, line: string): LiveState {
  if (state.running?.step.id !== id) return state;
  return { ...state, running: { ...state.running, tail: [...state.running.tail, line].slice(-TAIL_LINES) } };
}

function withFinished(state: LiveState, event: Extract<BuildEvent, { kind: 'step-finished' }>): LiveState {
  const done = { ...state, running: undefined, doneCount: state.doneCount + 1 };
  if (event.outcome !== 'hit')
    return { ...done, hits: undefined, ranCount: state.ranCount + (event.outcome === 'ran' ? 1 : 0) };
  const hits = { count: (state.hits?.count ?? 0) + 1, first: state.hits?.first ?? event.step, last: event.step };
  return { ...done, hits, hitCount: state.hitCount + 1 };
}

function withFetch(
  fetches: LiveState['fetches'],
  event: Extract<BuildEvent, { kind: 'fetch-progress' }>,
): LiveState['fetches'] {
  const next = new Map(fetches);
  if (event.doneBytes >= event.totalBytes) next.delete(event.subject);
  else next.set(event.subject, { doneBytes: event.doneBytes, totalBytes: event.totalBytes });
  return next;
}
