import { readFileSync } from "node:fs";
import { DOMParser, type Element } from "@xmldom/xmldom";
import { describe, expect, test } from "vitest";
import { colourValue } from "../../../docs/terminal/palette.ts";
import { parseCast, screensOf, textOfRow, type Output } from "../../../docs/terminal/recording.ts";
import { terminalSvg } from "../../../docs/terminal/terminal-svg.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { redact } from "../../../lib/redact.ts";

/** Parses strictly: a warning fails the test, too. */
function parse(text: string): Element {
  const onError = (_: unknown, message: string) => {
    throw new Error(message);
  };
  return new DOMParser({ onError }).parseFromString(text, "image/svg+xml").documentElement!;
}

const draw = (...outputs: readonly Output[]) => terminalSvg({ width: 20, height: 3, command: "try", outputs });

/** The drawn rows: the text of each, and the attributes of its group. */
function rowsOf(svg: string) {
  const groups = [...parse(svg).getElementsByTagName("g")].filter((group) => group.getAttribute("class") !== "s");
  return groups.flatMap((group) =>
    [...group.getElementsByTagName("text")].map((row) => ({
      text: row.textContent,
      y: Number(row.getAttribute("y")),
      motion: group.getAttribute("class"),
      hidden: group.getAttribute("visibility"),
    })),
  );
}

const keyframesOf = (svg: string, name: string | null) =>
  new RegExp(`^@keyframes ${name}(\\{.*\\})$`, "m").exec(svg)?.[1];

describe("a drawing of a terminal", () => {
  test("draws each row once, and says when it comes and goes", async () => {
    const svg = await draw(
      { seconds: 0, text: "$ up\r\nboot" },
      { seconds: 2, text: "\rjoin" },
      { seconds: 4, text: "\rboot" },
    );
    const rows = rowsOf(svg);
    expect(rows).toEqual([
      { text: "$ up", y: 14, motion: null, hidden: null },
      { text: "boot", y: 33, motion: "a1", hidden: null },
      { text: "join", y: 33, motion: "a2", hidden: "hidden" },
    ]);
    // The three screens start after 0, 11 and 22 of the 29 seconds.
    expect(keyframesOf(svg, "a1")).toBe("{37.93%{visibility:hidden}75.86%{visibility:visible}}");
    expect(keyframesOf(svg, "a2")).toBe("{37.93%{visibility:visible}75.86%{visibility:hidden}}");
    expect(keyframesOf(svg, "a0")).toBeUndefined();
  });

  test("hides a row that comes later and stays, until it comes", async () => {
    const svg = await draw({ seconds: 0, text: "a" }, { seconds: 1, text: "\r\nb" });
    expect(rowsOf(svg).map(({ text, hidden }) => [text, hidden])).toEqual([
      ["a", null],
      ["b", null],
    ]);
    expect(keyframesOf(svg, "a1")).toBe("{0%{visibility:hidden}75.86%{visibility:visible}}");
  });

  test("scrolls, and draws no row again that scrolls off or stays", async () => {
    const svg = await draw({ seconds: 0, text: "a\r\nb\r\nc" }, { seconds: 1, text: "\r\nd\r\ne" });
    expect(rowsOf(svg).map(({ text, y }) => [text, y])).toEqual([
      ["a", 14],
      ["b", 33],
      ["c", 52],
      ["d", 71],
      ["e", 90],
    ]);
    expect(keyframesOf(svg, "s")).toBe("{0%{transform:translateY(0px)}75.86%{transform:translateY(-38px)}}");
  });

  test("is the last screen without animations", async () => {
    const svg = await draw(
      { seconds: 0, text: "a\r\nb\r\nc" },
      { seconds: 1, text: "\r\nd\r\ne" },
      { seconds: 2, text: "\r\u001b[1AD\u001b[K" },
    );
    const seen = rowsOf(svg).filter(({ hidden, y }) => hidden === null && y > 38);
    expect(seen.sort((a, b) => a.y - b.y).map(({ text }) => text)).toEqual(["c", "D", "e"]);
    const scrolled = [...parse(svg).getElementsByTagName("g")].find((group) => group.getAttribute("class") === "s");
    expect(scrolled?.getAttribute("transform")).toBe("translate(0 -38)");
    expect(parse(svg).getElementsByTagName("desc")[0]?.textContent).toBe(
      "0m02s of a terminal in 22 seconds. The last screen:\nc\nD\ne",
    );
    // Every animation is in the block for readers without reduced motion.
    const [before = "", block = ""] = svg.split("@media (prefers-reduced-motion:no-preference){\n");
    expect(before).not.toContain("animation");
    expect(block.split("@keyframes")[0]?.match(/animation/g)).toHaveLength(5);
    expect(svg.split("@keyframes s")[1]).not.toContain("animation");
  });

  test("escapes text, and removes what a terminal would obey", async () => {
    const outputs = [{ seconds: 0, text: "<b>&\"'\u202e" }];
    const svg = await terminalSvg({ width: 20, height: 3, command: "<script>\u001b[1m&", outputs });
    expect(rowsOf(svg).map(({ text }) => text)).toEqual(["<b>&\"'"]);
    const root = parse(svg);
    expect(root.getElementsByTagName("title")[0]?.textContent).toBe("<script>& in a terminal");
    expect(root.getElementsByTagName("script")).toHaveLength(0);
    expect(root.getElementsByTagName("b")).toHaveLength(0);
  });

  test("has a rule for each used colour, and no other", async () => {
    const svg = await draw({
      seconds: 0,
      text: "\u001b[1;32mok\u001b[0m  x \u001b[4;38;2;1;2;255mr g\u001b[0m\r\n\u001b[7minverse\u001b[0m",
    });
    expect(svg.match(/\.c\w+\{[^}]*\}/g)).toEqual([
      `.c0{fill:${colourValue(0)}}`,
      `.c2{fill:${colourValue(2)}}`,
      `.c7{fill:${colourValue(7)}}`,
      ".cx0102ff{fill:#0102ff}",
    ]);
    const spans = [...parse(svg).getElementsByTagName("tspan")];
    expect(spans.map((span) => [span.textContent, span.getAttribute("class"), span.getAttribute("x")])).toEqual([
      ["ok", "c2 b", "0"],
      ["x", null, "33.7"],
      ["r g", "cx0102ff u", "50.6"],
      ["inverse", "c0", "0"],
    ]);
    const boxes = [...parse(svg).getElementsByTagName("rect")].filter((box) => box.getAttribute("class") === "c7");
    expect(boxes.map((box) => [box.getAttribute("x"), box.getAttribute("width")])).toEqual([["0", "59"]]);
  });
});

test.each([
  [0, "#12161c"],
  [16, "#000000"],
  [208, "#ff8700"],
  [231, "#ffffff"],
  [232, "#080808"],
  [255, "#eeeeee"],
  ["#0102ff", "#0102ff"],
  ["window", "#12161c"],
])("colour %s is %s", (colour, value) => {
  expect(colourValue(colour)).toBe(value);
});

/** Relative luminance of a colour (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("each colour of text has a contrast of 7 to the window", () => {
  for (const colour of ["text", "quiet", ...Array.from({ length: 15 }, (_, index) => index + 1)]) {
    const contrast = (luminance(colourValue(colour)) + 0.05) / (luminance(colourValue("window")) + 0.05);
    expect(contrast, String(colour)).toBeGreaterThan(7);
  }
});

describe("the recording of npm run up", () => {
  const cast = readFileSync(inCheckout("docs", "images", "up.cast"), "utf8");
  const svg = readFileSync(inCheckout("docs", "images", "up.svg"), "utf8");
  const recording = parseCast(cast);

  test("is docs/images/up.svg (`npm run docs` writes it)", async () => {
    expect(await terminalSvg(recording)).toBe(svg);
    expect(svg.length).toBeLessThan(150_000);
    expect(cast.length).toBeLessThan(100_000);
  });

  test("has no secret, and no path of the machine that recorded it", async () => {
    const own = /\/(?:home|media|mnt|opt|root|srv|tmp|Users|work)\b/;
    const texts = recording.outputs.map(({ text }) => text);
    for (const text of [cast, svg, ...texts]) {
      expect(redact(text)).toBe(text);
      expect(text).not.toMatch(own);
      expect(text).not.toContain("[redacted]");
    }
    expect("is recorded in /root/x").toMatch(own);
    expect("/var/lib/libvirt /etc/kubernetes kubernetes:apps/v1:Deployment").not.toMatch(own);
    // Text that a redraw has composed of several outputs counts, too.
    for (const { rows } of await screensOf(recording)) {
      const text = rows.map(textOfRow).join("\n");
      expect(redact(text)).toBe(text);
    }
  });

  test("ends with nodes that are Ready, and the drawing shows them without animations", async () => {
    const last = (await screensOf(recording)).at(-1);
    const rows = (last?.rows ?? []).map(textOfRow);
    expect(rows.filter((row) => / Ready +v\d/.test(row)).length).toBeGreaterThan(1);
    const shown = rowsOf(svg).filter(({ hidden }) => hidden === null);
    for (const row of rows.filter(Boolean))
      expect(shown.some(({ text }) => text?.replaceAll(" ", "") === row.replaceAll(" ", ""))).toBe(true);
  });

  test("needs no script, font or address of another host", () => {
    expect(svg.match(/https?:\/\/[^"<& ]*/g)?.filter((address) => !address.includes("192.168."))).toEqual([
      "http://www.w3.org/2000/svg",
    ]);
    expect(svg).not.toMatch(/<script|@import|@font-face|url\(|href/);
  });
});
