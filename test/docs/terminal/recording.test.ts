import { describe, expect, test } from "vitest";
import {
  castOf,
  parseCast,
  screensOf,
  textOfRow,
  type Recording,
  type Screen,
} from "../../../docs/terminal/recording.ts";

const esc = "\u001b";

function screensAfter(...texts: readonly string[]): Promise<readonly Screen[]> {
  const outputs = texts.map((text, seconds) => ({ seconds, text }));
  return screensOf({ width: 12, height: 3, command: "try", outputs });
}

const rowsOf = ({ rows }: Screen) => rows.map(textOfRow);

describe("the screens of a recording", () => {
  test("follow redraws, and an output that changes nothing has none", async () => {
    const all = await screensAfter("one\r\ntwo", "\r\u001b[1A1\u001b[K", "\u001b[?25l\r", "\u001b[1B2  2\u001b[K");
    expect(all.map(rowsOf)).toEqual([
      ["one", "two", ""],
      ["1", "two", ""],
      ["1", "2  2", ""],
    ]);
    expect(all.map(({ seconds }) => seconds)).toEqual([0, 1, 3]);
    expect(all.map(({ top }) => top)).toEqual([0, 0, 0]);
  });

  test("say how many rows have scrolled off", async () => {
    const all = await screensAfter("a\r\nb\r\nc", "\r\nd\r\ne");
    expect(all.map(({ top }) => top)).toEqual([0, 2]);
    expect(all.map(rowsOf)).toEqual([
      ["a", "b", "c"],
      ["c", "d", "e"],
    ]);
  });

  test("have colours and other looks, and blanks only where they are visible", async () => {
    const [screen] = await screensAfter(
      `  ${esc}[1;32mok${esc}[0m  x${esc}[4m  ${esc}[0m\r\n` +
        `${esc}[2;3;38;5;208mo${esc}[0m ${esc}[38;2;1;2;255mr${esc}[0m\r\n${esc}[41m ${esc}[0m${esc}[7mi${esc}[0m`,
    );
    expect(screen?.rows).toEqual([
      [
        { column: 2, width: 2, text: "ok", look: { color: 2, bold: true } },
        { column: 6, width: 1, text: "x", look: {} },
        { column: 7, width: 2, text: "  ", look: { underline: true } },
      ],
      [
        { column: 0, width: 1, text: "o", look: { color: 208, dim: true, italic: true } },
        { column: 2, width: 1, text: "r", look: { color: "#0102ff" } },
      ],
      [
        { column: 0, width: 1, text: " ", look: { background: 1 } },
        { column: 1, width: 1, text: "i", look: { color: 0, background: 7 } },
      ],
    ]);
  });

  test("count the columns of wide characters", async () => {
    const [screen] = await screensAfter(`漢${esc}[31mx`);
    expect(screen?.rows[0]).toEqual([
      { column: 0, width: 2, text: "漢", look: {} },
      { column: 2, width: 1, text: "x", look: { color: 1 } },
    ]);
    expect(textOfRow(screen?.rows[0] ?? [])).toBe("漢x");
  });

  test.each([
    ["clears its scrollback", "a\r\nb\r\nc\r\nd", `${esc}[3J`],
    ["uses the alternate screen", "a\r\nb\r\nc\r\nd", `${esc}[?1049hx`],
  ])("end with an error when a program %s", async (_, first, second) => {
    await expect(screensAfter(first, second)).rejects.toThrow(
      "The recording clears its scrollback or uses the alternate screen at 1 seconds. It must only print, redraw and scroll. Fix: ",
    );
  });
});

const recording: Recording = {
  width: 80,
  height: 24,
  command: "npm run up",
  outputs: [
    { seconds: 0, text: "a\u001b[K" },
    { seconds: 1.5, text: "b" },
  ],
};

describe("an asciicast file", () => {
  test("is what it was written from", () => {
    expect(parseCast(castOf(recording))).toEqual(recording);
    expect(castOf(recording)).toBe(
      '{"version":2,"width":80,"height":24,"command":"npm run up"}\n[0,"o","a\\u001b[K"]\n[1.5,"o","b"]\n',
    );
  });

  test("may have other events, fields and blank lines, which are left out", () => {
    const text = '{"version":2,"width":80,"height":24,"title":"x"}\n\n[0,"i","key"]\n[0,"o","a"]\n';
    expect(parseCast(text)).toEqual({ width: 80, height: 24, command: "", outputs: [{ seconds: 0, text: "a" }] });
  });

  const head = '{"version":2,"width":80,"height":24}';
  test.each([
    ["nothing", "", 'Line 1 of the recording must have a header with "version": 2, and has nothing.'],
    ["another version", '{"version":3}', 'Line 1 of the recording must have a header with "version": 2, and has 3.'],
    ["no size", '{"version":2,"width":0,"height":9}', "must have a width and a height from 1 to 1000, and has {"],
    ["a command that is a number", `${head.slice(0, -1)},"command":1}`, "must have a command that is text, and has 1."],
    ["no output", head, "Line 2 of the recording must have at least one output, and has nothing."],
    ["a line that is not JSON", `${head}\n[0,`, 'Line 2 of the recording must have JSON, and has "[0,".'],
    [
      "an event of another form",
      `${head}\n[0,"o"]`,
      "must have [seconds, kind, text] at 0 seconds or later, and has [",
    ],
    [
      "an event before the one above",
      `${head}\n\n[2,"o","a"]\n[1,"o","b"]`,
      'Line 4 of the recording must have [seconds, kind, text] at 2 seconds or later, and has [1,"o","b"].',
    ],
  ])("with %s is refused", (_, text, message) => {
    expect(() => parseCast(text)).toThrow(message);
    expect(() => parseCast(text)).toThrow("Fix: convert the recording again with docs/terminal/convert.ts");
  });
});
