import type { Change, NodeProgress } from "./node-progress.ts";

/** Shows an update. */
export interface Display {
  /** Shows what an event has changed. @param at Time in milliseconds, as in {@link NodeProgress.take}. */
  readonly show: (progress: NodeProgress, changes: readonly Change[], at: number) => void;
  /** Prints a line that stays. */
  readonly say: (line: string) => void;
  /** Ends the display. Lines of nodes that are not complete stay on a terminal. */
  readonly end: (progress: NodeProgress, at: number) => void;
}

/** Where a display is drawn. */
export interface Window {
  readonly write: (text: string) => unknown;
  readonly columns?: number;
  readonly rows?: number;
}
