import { redact } from "../../lib/redact.ts";
import { screensOf, textOfRow, type Look, type Output, type Recording, type Run, type Screen } from "./recording.ts";

/** Files of script(1), with the timing in the classic format. */
interface ScriptLog {
  /** File of `--log-out`: a line about the recording, then the output. */
  readonly out: Buffer;
  /** File of `--log-timing`: in each line the seconds since the line before, and a number of bytes. */
  readonly timing: string;
}

/** Pause that ends a redraw, in seconds. A program writes a redraw in several pieces. */
const pause = 0.05;

/** Shortest time between two screens, in seconds. */
const shortest = 1;

/** Shortest time between two screens that differ only in their numbers, in seconds. */
const shortestOfNumbers = 4;

/**
 * Returns the outputs of a log. The pieces of a redraw are one output, because a screen between them never rests. Throws an error
 * if a line of the timing is not one of the classic format.
 */
export function outputsOf({ out, timing }: ScriptLog): readonly Output[] {
  const decoder = new TextDecoder();
  let at = out.indexOf("\n") + 1;
  let seconds = 0;
  const pieces = timing
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, delay, bytes] = /^(\d+\.\d+) (\d+)$/.exec(line) ?? [];
      if (delay === undefined || bytes === undefined)
        throw new Error(
          `The timing must have lines such as "0.250002 230", and has ${JSON.stringify(line)}. ` +
            "Fix: record with --log-out and --log-timing, and without --log-in",
        );
      seconds += Number(delay);
      const text = decoder.decode(out.subarray(at, at + Number(bytes)), { stream: true });
      at += Number(bytes);
      return { seconds, text };
    });
  return joined(pieces);
}

/** Returns outputs without secrets, and with each path replaced by the shown one. */
export function replaced(
  outputs: readonly Output[],
  paths: readonly (readonly [path: string, shown: string])[],
): readonly Output[] {
  return outputs.map(({ seconds, text }) => ({
    seconds,
    text: redact(paths.reduce((rest, [path, shown]) => rest.replaceAll(path, shown), text)),
  }));
}

/**
 * Returns a recording with fewer screens. They are a second apart, and 4 seconds where they differ only in numbers. A screen that
 * rests for a second stays, and so does the last one. Each output draws only the rows that have changed.
 */
export async function shortened(recording: Recording): Promise<Recording> {
  const outputs: Output[] = [];
  let kept: Screen | undefined;
  const keep = (screen: Screen) => {
    outputs.push({ seconds: Math.round(screen.seconds * 100) / 100, text: changes(kept, screen, recording.height) });
    kept = screen;
  };
  let waiting: Screen | undefined;
  for (const screen of await screensOf(recording)) {
    if (waiting !== undefined && isDue(kept, waiting, screen)) keep(waiting);
    waiting = screen;
  }
  if (waiting !== undefined) keep(waiting);
  return { ...recording, outputs };
}

/** Whether a screen stays: it rests, or enough time has passed since the last one that stays. */
function isDue(kept: Screen | undefined, screen: Screen, next: Screen): boolean {
  const since = screen.seconds - (kept?.seconds ?? 0);
  if (kept !== undefined && wording(kept) === wording(screen)) return since >= shortestOfNumbers;
  return since >= shortest || next.seconds - screen.seconds >= shortest;
}

/** Text of a screen without the widths and values of its numbers, and without Pulumi's moving dots. */
function wording({ rows }: Screen): string {
  return rows
    .map((row) =>
      textOfRow(row)
        .replace(/\s*(\d+[hms])+|\.{1,3}(?=\s|$)/g, " t")
        .replace(/\s+/g, " "),
    )
    .join("\n");
}

function joined(outputs: readonly Output[]): readonly Output[] {
  const whole: Output[] = [];
  let before = -Infinity;
  for (const { seconds, text } of outputs) {
    const last = whole.at(-1);
    if (last !== undefined && seconds - before < pause)
      whole[whole.length - 1] = { seconds: last.seconds, text: last.text + text };
    else whole.push({ seconds, text });
    before = seconds;
  }
  return whole;
}

/** Returns the output that turns a screen into another one. */
function changes(from: Screen | undefined, to: Screen, height: number): string {
  let top = from?.top ?? 0;
  let text = "";
  for (const [index, row] of to.rows.entries()) {
    const place = to.top + index;
    const below = place - top - (height - 1);
    // A line feed in the last row scrolls by one row.
    if (below > 0) {
      text += `\u001b[${height};1H${"\n".repeat(below)}`;
      top += below;
    }
    const old = from?.rows[place - from.top] ?? [];
    if (JSON.stringify(old) !== JSON.stringify(row))
      text += `\u001b[${place - top + 1};1H\u001b[K${row.map(drawRun).join("")}`;
  }
  return text;
}

function drawRun({ column, text, look }: Run): string {
  const move = column === 0 ? "" : `\u001b[${column + 1}G`;
  const codes = codesOf(look);
  return codes.length === 0 ? move + text : `${move}\u001b[${codes.join(";")}m${text}\u001b[m`;
}

/** Parameters of Select Graphic Rendition (ECMA-48, 8.3.117). */
function codesOf(look: Look): readonly (number | string)[] {
  return [
    ...(look.bold === undefined ? [] : [1]),
    ...(look.dim === undefined ? [] : [2]),
    ...(look.italic === undefined ? [] : [3]),
    ...(look.underline === undefined ? [] : [4]),
    ...(look.color === undefined ? [] : [38, colourCode(look.color)]),
    ...(look.background === undefined ? [] : [48, colourCode(look.background)]),
  ];
}

function colourCode(colour: number | string): string {
  if (typeof colour === "number") return `5;${colour}`;
  return `2;${[1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)).join(";")}`;
}
