// CommonJS without names that Node finds.
import xterm from "@xterm/headless";
import { plainText } from "../../lib/plain-text.ts";

/** Takes what a program prints and knows what it left on the screen. */
export interface Screen {
  /** Never throws: who prints must not suffer from who keeps. */
  readonly write: (text: string) => void;
  /** Everything that scrolled by and what is there now, without control sequences. */
  readonly text: () => Promise<string>;
  /** Nothing more will be written. */
  readonly close: () => void;
}

/** Characters kept of output that nothing redraws: what Pulumi says at the end of an update tells how it went. */
export const keptCharacters = 2 ** 21;

/**
 * Output that nothing redraws. Only the end of it is kept, and the last heading before that: a long run must not fill the
 * memory.
 */
export function plainScreen(): Screen {
  let printed = "";
  let heading = "";
  const shorten = () => {
    // Twice as much is kept meanwhile, so that shortening costs little.
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

/** Lines that are kept of a display; the oldest go first. A line takes 12 bytes a column. */
const keptLines = 10_000;

/** The size of a terminal. */
type Window = Pick<NodeJS.WriteStream, "columns" | "rows" | "on" | "off">;

/**
 * Output that is drawn over and over: Pulumi's display shows every row again each second, so taking the control sequences
 * out is not enough. A terminal without a window follows them, and ends with what the operator sees.
 * @param window The terminal the program draws on; its size decides what is overwritten.
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
        // It takes at most 50 MB at once. What is beyond is lost to the log, not to the operator.
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
  // Blanks that a display cleared a line with are characters too.
  return `${text.replace(/ +$/gm, "").trimEnd()}\n`;
}
