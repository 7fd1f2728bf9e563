import type { Artifact } from './artifact.ts';
import type { ErrorReport } from './error.ts';
import type { WrittenTargetImage } from './target-image.ts';

/** How a step ended: restored from its layer, run, or left out because it had nothing to do. */
export type StepOutcome = 'hit' | 'ran' | 'skipped';

/** What a person needs to know of a step that is planned. */
export interface StepSummary {
  readonly id: string;
  /** Such as `install.d/10-foo`, `packages: tree, less`, `initramfs`, `disk`. */
  readonly title: string;
  readonly element?: string;
  readonly phase?: string;
}

/** What happened, without the envelope. */
export type BuildEventBody =
  | { readonly kind: 'build-started'; readonly elements: readonly string[]; readonly steps: readonly StepSummary[] }
  /** Replaces the planned steps: hooks of extra-data.d can make hooks of later phases. */
  | { readonly kind: 'steps-planned'; readonly steps: readonly StepSummary[] }
  | { readonly kind: 'step-started'; readonly step: string }
  | { readonly kind: 'step-output'; readonly step: string; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  | {
      readonly kind: 'step-finished';
      readonly step: string;
      readonly outcome: StepOutcome;
      readonly ms: number;
      /** CPU time of the step and all it started, in ms. */
      readonly cpuMs?: number;
      /** For a step that ran although a layer was hoped for: the field of its key that changed. */
      readonly missReason?: string;
    }
  | { readonly kind: 'step-failed'; readonly step: string; readonly ms: number; readonly error: ErrorReport }
  | {
      readonly kind: 'phase-finished';
      readonly phase: string;
      readonly hooks: readonly { readonly name: string; readonly ms: number }[];
    }
  | { readonly kind: 'message'; readonly level: 'info' | 'warning'; readonly text: string; readonly hint?: string }
  | {
      readonly kind: 'fetch-progress';
      readonly subject: string;
      readonly doneBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: 'shell-opened'; readonly reason: string }
  | { readonly kind: 'shell-closed' }
  | { readonly kind: 'artifact-written'; readonly artifact: Artifact }
  | { readonly kind: 'target-image-written'; readonly image: WrittenTargetImage }
  | { readonly kind: 'build-finished'; readonly outcome: 'succeeded'; readonly ms: number }
  | {
      readonly kind: 'build-finished';
      readonly outcome: 'failed' | 'cancelled';
      readonly ms: number;
      readonly error: ErrorReport;
    };

/** One entry of the event log, as written to `events.ndjson`: one JSON object on a line. */
export type BuildEvent = BuildEventBody & {
  /** Counts from 1 within a build, without gaps. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly buildId: string;
};

/** Where rooms say what happened. */
export type EmitEvent = (event: BuildEventBody) => void;
