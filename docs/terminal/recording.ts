// A CommonJS module, whose names Node cannot import one by one.
import xterm from "@xterm/headless";
import type { IBufferCell, IBufferLine } from "@xterm/headless";

/** Recording of a terminal: the fields of an asciicast v2 file that a drawing needs. */
export interface Recording {
  /** Width of the terminal, in columns. */
  readonly width: number;
  /** Height of the terminal, in rows. */
  readonly height: number;
  /** Command that printed. */
  readonly command: string;
  /** Output in the order of its time. */
  readonly outputs: readonly Output[];
}

/** Text that arrives at the terminal at once. */
export interface Output {
  /** Seconds since the beginning of the recording. */
  readonly seconds: number;
  readonly text: string;
}

/** Cells of a row that follow one another and look alike. */
export interface Run {
  /** First column, from 0. */
  readonly column: number;
  /** Number of columns. */
  readonly width: number;
  readonly text: string;
  readonly look: Look;
}

/** Appearance of a cell. A colour is a number of the palette of 256, or RGB as `#rrggbb`. @default that of the terminal */
export interface Look {
  readonly color?: number | string;
  readonly background?: number | string;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
}

/** Content of the terminal after an output. */
export interface Screen {
  /** Seconds since the beginning of the recording. */
  readonly seconds: number;
  /** Number of rows that have scrolled off. */
  readonly top: number;
  /** Visible rows, as many as the terminal is high. A blank row has no run. */
  readonly rows: readonly (readonly Run[])[];
}

/** Number of rows that may scroll off. The emulator forgets the oldest rows of a longer recording. */
const longest = 10_000;

/**
 * Returns the recording of an asciicast v2 file. Each line is JSON: a header, then `[seconds, "o", text]`. Other kinds of events,
 * such as input, are left out. Throws an error that names the first wrong line.
 * @see https://docs.asciinema.org/manual/asciicast/v2/
 */
export function parseCast(cast: string): Recording {
  const [head, ...events] = cast
    .split("\n")
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => ({ number, value: parseLine(line, number) }));
  const header = (head?.value ?? {}) as Readonly<Record<string, unknown>>;
  const { version, width, height, command = "" } = header;
  if (version !== 2) throw wrong(1, 'a header with "version": 2', version);
  if (!isSize(width) || !isSize(height)) throw wrong(1, "a width and a height from 1 to 1000", { width, height });
  if (typeof command !== "string") throw wrong(1, "a command that is text", command);
  const outputs: Output[] = [];
  for (const { number, value } of events) {
    const [seconds, kind, text] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    const earliest = outputs.at(-1)?.seconds ?? 0;
    if (typeof seconds !== "number" || typeof kind !== "string" || typeof text !== "string" || seconds < earliest)
      throw wrong(number, `[seconds, kind, text] at ${earliest} seconds or later`, value);
    if (kind === "o") outputs.push({ seconds, text });
  }
  if (outputs.length === 0) throw wrong(2, "at least one output", undefined);
  return { width, height, command, outputs };
}

/** Returns a recording as an asciicast v2 file, which `asciinema play` plays, too. */
export function castOf({ width, height, command, outputs }: Recording): string {
  const lines = [{ version: 2, width, height, command }, ...outputs.map(({ seconds, text }) => [seconds, "o", text])];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * Returns the screen after each output, and none after an output that changes nothing visible. Throws an error when the program
 * clears its scrollback or uses the alternate screen, because a drawing only redraws and scrolls.
 */
export async function screensOf({ width, height, outputs }: Recording): Promise<readonly Screen[]> {
  const all: Screen[] = [];
  const terminal = new xterm.Terminal({ cols: width, rows: height, scrollback: longest, allowProposedApi: true });
  let before = "";
  let top = 0;
  for (const { seconds, text } of outputs) {
    await new Promise<void>((resolve) => terminal.write(text, resolve));
    const { active } = terminal.buffer;
    if (active.baseY < top)
      throw new Error(
        `The recording clears its scrollback or uses the alternate screen at ${seconds} seconds. ` +
          "It must only print, redraw and scroll. Fix: record a command that does not",
      );
    top = active.baseY;
    const rows = Array.from({ length: height }, (_, row) => runsOf(active.getLine(top + row), width));
    const content = JSON.stringify([top, rows]);
    if (content !== before) all.push({ seconds, top, rows });
    before = content;
  }
  return all;
}

/** Returns the text of a row, with blanks before and between its runs. */
export function textOfRow(row: readonly Run[]): string {
  return row.reduce(
    ({ text, end }, run) => ({
      text: text + " ".repeat(run.column - end) + run.text,
      end: run.column + run.width,
    }),
    { text: "", end: 0 },
  ).text;
}

function runsOf(line: IBufferLine | undefined, width: number): readonly Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < width; column++) {
    const cell = line?.getCell(column);
    // The second half of a wide character has no width.
    if (cell === undefined || cell.getWidth() === 0) continue;
    const look = lookOf(cell);
    const text = cell.getChars() || " ";
    const last = runs.at(-1);
    if (last !== undefined && JSON.stringify(last.look) === JSON.stringify(look))
      runs[runs.length - 1] = { ...last, text: last.text + text, width: last.width + cell.getWidth() };
    else runs.push({ column, width: cell.getWidth(), text, look });
  }
  return runs.flatMap((run) => withoutBlanks(run));
}

/** Blanks are invisible unless they are underlined or have a background. */
function withoutBlanks(run: Run): readonly Run[] {
  if (run.look.background !== undefined || run.look.underline === true) return [run];
  const text = run.text.trimEnd();
  const indent = text.length - text.trimStart().length;
  const width = run.width - (run.text.length - text.length) - indent;
  return text === "" ? [] : [{ ...run, column: run.column + indent, width, text: text.trimStart() }];
}

function lookOf(cell: IBufferCell): Look {
  const own = colourOf(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor());
  const behind = colourOf(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor());
  const inverse = cell.isInverse() !== 0;
  // The colours of a terminal are those of its drawing: 0 is its background, 7 its text.
  const color = inverse ? (behind ?? 0) : own;
  const background = inverse ? (own ?? 7) : behind;
  return {
    ...(color === undefined ? {} : { color }),
    ...(background === undefined ? {} : { background }),
    ...(cell.isBold() === 0 ? {} : { bold: true }),
    ...(cell.isDim() === 0 ? {} : { dim: true }),
    ...(cell.isItalic() === 0 ? {} : { italic: true }),
    ...(cell.isUnderline() === 0 ? {} : { underline: true }),
  };
}

function colourOf(isDefault: boolean, isRgb: boolean, value: number): number | string | undefined {
  if (isDefault) return undefined;
  return isRgb ? `#${value.toString(16).padStart(6, "0")}` : value;
}

function parseLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw wrong(number, "JSON", line);
  }
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 1000;
}

function wrong(line: number, wanted: string, given: unknown): Error {
  const shown = given === undefined ? "nothing" : JSON.stringify(given).slice(0, 80);
  return new Error(
    `Line ${line} of the recording must have ${wanted}, and has ${shown}. ` +
      "Fix: convert the recording again with docs/terminal/convert.ts",
  );
}
