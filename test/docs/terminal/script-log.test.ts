import { describe, expect, test } from "vitest";
import { screensOf, textOfRow, type Output, type Recording } from "../../../docs/terminal/recording.ts";
import { outputsOf, replaced, shortened } from "../../../docs/terminal/script-log.ts";

const recordingOf = (outputs: readonly Output[]): Recording => ({ width: 20, height: 3, command: "try", outputs });

async function textsOf(recording: Recording): Promise<readonly (readonly [seconds: number, text: string])[]> {
  const all = await screensOf(recording);
  return all.map(({ seconds, rows }) => [seconds, rows.map(textOfRow).join("\n").trimEnd()] as const);
}

describe("the log of script(1)", () => {
  test("has its bytes after the first line, and pieces within 0.05 seconds are one output", () => {
    const out = Buffer.from("Script started on a day\nä b\r\nc\nScript done\n");
    // The first piece ends within the letter ä.
    expect(outputsOf({ out, timing: "0.5 1\n0.01 1\n0.04 2\n1.25 3\n" })).toEqual([
      { seconds: 0.5, text: "ä b" },
      { seconds: 1.8, text: "\r\nc" },
    ]);
  });

  test("is refused in the advanced format", () => {
    expect(() => outputsOf({ out: Buffer.from("x\ny"), timing: "H 0.0 COLUMNS 80\nO 0.1 1\n" })).toThrow(
      'The timing must have lines such as "0.250002 230", and has "H 0.0 COLUMNS 80". ' +
        "Fix: record with --log-out and --log-timing, and without --log-in",
    );
  });

  test("loses its paths and secrets, and nothing else", () => {
    const outputs = [{ seconds: 1, text: "in /one/two and /one, \u001b[1mtoken: abcdef.0123456789abcdef\u001b[0m" }];
    expect(
      replaced(outputs, [
        ["/one/two", "~/x"],
        ["/one", "~"],
      ]),
    ).toEqual([{ seconds: 1, text: "in ~/x and ~, \u001b[1mtoken: [redacted]" }]);
    expect(replaced([{ seconds: 1, text: "one\u001b[K\r\ntwo" }], [])).toEqual([
      { seconds: 1, text: "one\u001b[K\r\ntwo" },
    ]);
  });
});

describe("a shortened recording", () => {
  test("keeps screens that are a second apart, and the last one of all", async () => {
    const outputs = ["a", "b", "c", "d", "e"].map((letter, index) => ({ seconds: index * 0.4, text: `\r${letter}` }));
    expect(await textsOf(await shortened(recordingOf(outputs)))).toEqual([
      [1.2, "d"],
      [1.6, "e"],
    ]);
  });

  test("keeps a screen that rests, however soon it came", async () => {
    const outputs = [0, 2, 2.3, 2.6, 9].map((seconds, index) => ({ seconds, text: `\r${"abcde"[index]}` }));
    expect(await textsOf(await shortened(recordingOf(outputs)))).toEqual([
      [0, "a"],
      [2, "b"],
      [2.6, "d"],
      [9, "e"],
    ]);
  });

  test("keeps screens that differ only in numbers every 4 seconds, and the words at once", async () => {
    const outputs = Array.from({ length: 10 }, (_, seconds) => ({
      seconds,
      text: `\r${seconds < 8 ? "boot" : "join"} ${seconds + 55}s`,
    }));
    expect(await textsOf(await shortened(recordingOf(outputs)))).toEqual([
      [0, "boot 55s"],
      [4, "boot 59s"],
      [8, "join 63s"],
      [9, "join 64s"],
    ]);
  });

  test("has the same screens, colours and scrolled rows as the whole one", async () => {
    const whole = recordingOf([
      { seconds: 0, text: "\u001b[1;4;32mok\u001b[0m  \u001b[38;5;208;48;2;1;2;3mx\u001b[0m one\r\n" },
      { seconds: 2, text: `${"w".repeat(20)}\r\n\u001b[2;3mtwo\u001b[0m\r\nthree\r\n\r\nfour` },
      { seconds: 4, text: "\r\u001b[2A3\u001b[K\u001b[1B\r\u001b[7minverse\u001b[0m" },
      { seconds: 6, text: "\r\n\r\n\r\n\r\n\r\nend" },
    ]);
    const expected = await screensOf(whole);
    expect(expected.map(({ top }) => top)).toEqual([0, 3, 3, 7]);
    const short = await shortened(whole);
    expect(await screensOf(short)).toEqual(expected);
    expect(short.outputs).toHaveLength(4);
    // A row that stays is not drawn again.
    expect(short.outputs[2]?.text).not.toContain("four");
  });
});
