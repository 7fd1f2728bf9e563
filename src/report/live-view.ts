import type { BuildEvent } from '../model/events.ts';
import type { EventView } from './event-view.ts';
import { logLines } from './live-log.ts';
import { LiveRegion } from './live-region.ts';
import { render } from './live-render.ts';
import { advance, FIRST_STATE, type LiveState } from './live-state.ts';
import { paintFor } from './style.ts';
import type { TextSink } from './text-sink.ts';

export interface LiveViewOptions {
  readonly sink: TextSink;
  readonly hasColours: boolean;
  /** Where the whole story is, for the text of a failure. */
  readonly logs: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** Time between two drawings. */
const FRAME_MS = 120;

/** Shows a build on a terminal: what happened scrolls by, what happens stays at the bottom. */
export function openLiveView({ sink, hasColours, logs, now }: LiveViewOptions): EventView {
  const paint = paintFor(hasColours);
  const region = new LiveRegion(sink);
  let state: LiveState = FIRST_STATE;
  let logged: string[] = [];

  const draw = (): void => {
    const frame = { width: sink.columns ?? 80, height: sink.rows ?? 24, now: now(), paint };
    region.update(logged, render(state, frame));
    logged = [];
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    take: (event: BuildEvent) => {
      logged.push(...logLines(event, { before: state, width: (sink.columns ?? 80) - 1, paint, logs }));
      state = advance(state, event);
      // A shell writes to the terminal from now on, and the end must not wait for a frame.
      if (event.kind === 'shell-opened' || event.kind === 'build-finished') draw();
    },
    close: async () => {
      clearInterval(timer);
      draw();
    },
  };
}
