import type { BuildEvent } from '../model/events.ts';

/** Something that shows events, in order. */
export interface EventView {
  readonly take: (event: BuildEvent) => void;
  /** Shows what is left and waits until it is written. */
  readonly close: () => Promise<void>;
}
