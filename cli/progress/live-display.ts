import type { Display, Window } from "./display.ts";
import { frame } from "./frame.ts";
import type { NodeProgress } from "./node-progress.ts";
import { spoken } from "./spoken.ts";

/** Milliseconds between two frames. */
const interval = 250;

/** Places of the live display that a test replaces. */
export interface LiveClock {
  /** Time in milliseconds, as in {@link NodeProgress.take}. */
  readonly now: () => number;
}

/**
 * Returns a display that redraws one line for each node, at most four times a second.
 * @param began Begin of the update, in milliseconds.
 */
export function liveDisplay(window: Window, began: number, { now }: LiveClock): Display {
  let shown: NodeProgress | undefined;
  let drawn: readonly string[] = [];
  // A terminal that has no size yet says 0.
  const size = () => ({ columns: window.columns || 80, rows: window.rows || 24 });
  // `script` has set the terminal to raw mode, in which a line end does not return to the first column.
  const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\x1b[K\r\n`).join("");
  /** Moves to the first line of the last frame. A terminal that became narrower has wrapped the lines. */
  const back = () => {
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / size().columns)), 0);
    return rows === 0 ? "\r" : `\r\x1b[${Math.min(rows, size().rows - 1)}A`;
  };
  const draw = (lines: readonly string[], above: readonly string[] = []) => {
    window.write(`${back()}${textOf([...above, ...lines])}\x1b[J`);
    drawn = lines;
  };
  const current = () => (shown === undefined ? [] : frame(shown, now(), began, size()));
  const timer = setInterval(() => draw(current()), interval);
  const say = (...lines: readonly string[]) => draw(drawn, lines);
  return {
    show: (progress, changes) => {
      // Nodes are drawn by the timer, so thousands of events cost a few frames.
      shown = progress;
      const said = changes.flatMap((change) =>
        change.is === "message" || change.is === "warning" ? spoken(change) : [],
      );
      if (said.length > 0) say(...said);
    },
    say,
    end: (progress, at) => {
      clearInterval(timer);
      draw(frame(progress, at, began, size()));
      drawn = [];
      // Pulumi hides the cursor, and its own display does not return it.
      window.write("\x1b[?25h");
    },
  };
}
