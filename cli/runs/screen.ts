// A CommonJS module, whose names Node cannot import one by one.
import xterm from "@xterm/headless";
import { plainText } from "../../lib/plain-text.ts";

/** Receives the output of a program and returns the text that it leaves on the screen. */
export interface Screen {
  /** Never throws, because a logging error must not stop the program that prints. */
  readonly write: (text: string) => void;
  /** Returns all text that has scrolled off the screen and the current screen, without control sequences. */
  readonly text: () => Promise<string>;
  /** Ends the output. */
  readonly close: () => void;
}

/** Number of characters that are kept of output that is not redrawn. Pulumi prints the result of an update at its end. */
export const keptCharacters = 2 ** 21;

/**
 * Returns a screen for output that is not redrawn. Keeps only the end of the output and the last heading before it, because
 * a long run must not fill the memory.
 */
export function plainScreen(): Screen {
  let printed = "";
  let heading = "";
  const shorten = () => {
    // Only when there is twice as much, so that shortening is rare.
    const cut = printed.indexOf("\n", printed.length - keptCharacters) + 1 || printed.length - keptCharacters;
    heading =
      printed
        .slice(0, cut)
        .match(/^(?:Updating|Destroying|Refreshing|Previewing \w+) \(.*$/gm)
        ?.at(-1) ?? heading;
    printed = printed.slice(cut);
  };
  return {
    write: (text) => {
      printed += text;
      if (printed.length > 2 * keptCharacters) shorten();
    },
    text: () => {
      const beginning = heading === "" ? "" : `${heading}\n(the beginning was left out)\n`;
      return Promise.resolve(plainText(beginning + printed));
    },
    close: () => undefined,
  };
}

/** Number of lines that are kept of a display, the newest ones. A line takes 12 bytes a column. */
const keptLines = 10_000;

/** The size of a terminal. */
type Window = Pick<NodeJS.WriteStream, "columns" | "rows" | "on" | "off">;

/**
 * Returns a screen for output that is redrawn. Pulumi's display prints every row again each second, so it is not enough to
 * remove the control sequences. A terminal emulator follows them and ends with the text that the operator sees.
 * @param window The terminal that the program draws on. Its size decides which text is overwritten.
 */
export function terminalScreen(window: Window = process.stdout): Screen {
  const size = () => ({ columns: window.columns || 80, rows: window.rows || 24 });
  const { columns: cols, rows } = size();
  const terminal = new xterm.Terminal({ cols, rows, scrollback: keptLines, allowProposedApi: true });
  const resize = () => terminal.resize(size().columns, size().rows);
  window.on("resize", resize);
  return {
    write: (text) => {
      try {
        terminal.write(text);
      } catch {
        // The emulator takes at most 50 MB at once. The log loses the rest; the operator still sees it.
      }
    },
    text: async () => {
      await new Promise<void>((resolve) => terminal.write("", resolve));
      return textOf(terminal);
    },
    close: () => window.off("resize", resize),
  };
}

function textOf(terminal: xterm.Terminal): string {
  const { normal } = terminal.buffer;
  let text = "";
  for (let index = 0; index < normal.length; index++) {
    const line = normal.getLine(index);
    if (line === undefined) continue;
    if (index > 0 && !line.isWrapped) text += "\n";
    text += line.translateToString(true);
  }
  // A display clears a line with blanks, which are removed here.
  return `${text.replace(/ +$/gm, "").trimEnd()}\n`;
}
