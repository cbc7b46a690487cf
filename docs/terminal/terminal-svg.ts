import { escaped } from "../../lib/html.ts";
import { plainText } from "../../lib/plain-text.ts";
import { colourValue } from "./palette.ts";
import { screensOf, textOfRow, type Look, type Recording, type Run, type Screen } from "./recording.ts";

/** Size of the text, in pixels. */
const fontSize = 14;

/** Width of a column, in pixels. The fonts of terminals are 0.55 to 0.602 times as wide as high. */
const columnWidth = 0.602 * fontSize;

/** Other sizes, in pixels. */
const [rowHeight, padding, barHeight] = [19, 14, 34];

/** How long the drawing moves, and how long it then shows the last screen, in seconds. */
const [moving, resting] = [22, 7];

/** Longest time that a screen counts, in seconds of the recording, because nothing happens in the rest. */
const longestRest = 4;

/** Number of new rows that a reader sees at a glance. Each further one counts like a second of the recording. */
const glance = 3;

/** Text that is visible from one screen until before another one. */
interface Stay {
  readonly from: number;
  readonly until: number;
}

/**
 * Returns a recording as an animated SVG file. Its loop takes 29 seconds. A program without animations, and a reader who prefers
 * reduced motion, sees the last screen. The same recording gives the same bytes. Rows that stay or scroll are drawn once.
 */
export async function terminalSvg(recording: Recording): Promise<string> {
  const all = await screensOf(recording);
  const starts = startsOf(all);
  const [width, height] = [Math.ceil(recording.width * columnWidth), recording.height * rowHeight];
  const [fullWidth, fullHeight] = [width + 2 * padding, height + barHeight + 2 * padding];
  const groups = [...groupsOf(all)];
  const motions = groups.map(([stays], index) => motionOf(stays, `a${index}`, starts));
  const last = all.at(-1);
  const looks = all.flatMap(({ rows }) => rows.flat()).map(({ look }) => look);
  const seconds = Math.round(last?.seconds ?? 0);
  const length = `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
  const bar = `y="${barHeight / 2 + 5}"`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}" role="img" aria-labelledby="title desc" xml:space="preserve">`,
    `<title id="title">${text(recording.command)} in a terminal</title>`,
    `<desc id="desc">${text(`${length} of a terminal in ${moving} seconds. The last screen:\n${(last?.rows ?? []).map(textOfRow).filter(Boolean).join("\n")}`)}</desc>`,
    `<style>\n${stylesheet(looks)}`,
    `@media (prefers-reduced-motion:no-preference){`,
    `g{animation:${moving + resting}s step-end infinite}.s{animation-name:s}`,
    `${motions.map(({ rule }) => rule).join("")}}`,
    scrolling(all, starts),
    ...motions.map(({ keyframes }) => keyframes).filter(Boolean),
    "</style>",
    `<rect class="window" x=".5" y=".5" width="${fullWidth - 1}" height="${fullHeight - 1}" rx="10"/>`,
    `<path class="line" d="M0 ${barHeight}.5H${fullWidth}"/>`,
    ...[0, 1, 2].map((dot) => `<circle class="dot" cx="${padding + 7 + dot * 20}" cy="${barHeight / 2}" r="6"/>`),
    `<text class="bar" text-anchor="middle" x="${fullWidth / 2}" ${bar}>${text(recording.command)}</text>`,
    `<text class="bar" text-anchor="end" x="${fullWidth - padding}" ${bar}>${length} in ${moving}s</text>`,
    `<svg x="${padding}" y="${barHeight + padding}" width="${width}" height="${height}"><g class="s" transform="translate(0 ${-(last?.top ?? 0) * rowHeight})">`,
    ...groups.map(([, lines], index) => `<g${motions[index]?.attributes ?? ""}>${lines.join("")}</g>`),
    "</g></svg>",
    "</svg>",
  ].join("\n")}\n`;
}

/** Returns when each screen starts, in seconds of the loop. */
function startsOf(all: readonly Screen[]): readonly number[] {
  const weights = all.slice(0, -1).map(({ seconds, rows }, index) => {
    const before = new Set(all[index - 1]?.rows.map(textOfRow));
    const fresh = rows.filter((row) => row.length > 0 && !before.has(textOfRow(row))).length;
    return Math.min((all[index + 1]?.seconds ?? 0) - seconds, longestRest) + Math.max(0, fresh - glance);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let start = 0;
  return [0, ...weights.map((weight) => (start += (weight / total) * moving))];
}

/** Returns the drawn rows by the screens that show them. A row that has scrolled off stays, because the window hides it. */
function groupsOf(all: readonly Screen[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  const places = Math.max(...all.map(({ top, rows }) => top + rows.length));
  for (let place = 0; place < places; place++) {
    const stays = new Map<string, Stay[]>();
    let shown = "";
    for (const [index, { top, rows }] of all.entries()) {
      if (place >= top) shown = drawRow(rows[place - top] ?? [], place);
      if (shown === "") continue;
      const own = stays.get(shown) ?? [];
      stays.set(shown, own);
      const last = own.at(-1);
      if (last?.until === index) own[own.length - 1] = { ...last, until: index + 1 };
      else own.push({ from: index, until: index + 1 });
    }
    for (const [row, own] of stays) {
      const key = JSON.stringify(own);
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
  }
  return groups;
}

/** Returns the attributes of a group, and the style that shows and hides it. Without a style, it is as in the last screen. */
function motionOf(
  stays: string,
  name: string,
  starts: readonly number[],
): { readonly attributes: string; readonly rule: string; readonly keyframes: string } {
  const own = JSON.parse(stays) as readonly Stay[];
  const first = own[0]?.from === 0;
  const last = own.at(-1)?.until === starts.length;
  if (first && last && own.length === 1) return { attributes: "", rule: "", keyframes: "" };
  const steps = own.flatMap(({ from, until }) => [
    ...(from === 0 ? [] : [`${percent(starts, from)}{visibility:visible}`]),
    ...(until === starts.length ? [] : [`${percent(starts, until)}{visibility:hidden}`]),
  ]);
  const begin = first === last ? "" : `0%{visibility:${first ? "visible" : "hidden"}}`;
  return {
    attributes: ` class="${name}"${last ? "" : ' visibility="hidden"'}`,
    rule: `.${name}{animation-name:${name}}`,
    keyframes: `@keyframes ${name}{${begin}${steps.join("")}}`,
  };
}

function scrolling(all: readonly Screen[], starts: readonly number[]): string {
  const steps = all.flatMap(({ top }, index) =>
    index > 0 && top === all[index - 1]?.top
      ? []
      : [`${percent(starts, index)}{transform:translateY(${-top * rowHeight}px)}`],
  );
  return `@keyframes s{${steps.join("")}}`;
}

function percent(starts: readonly number[], index: number): string {
  return `${Math.round(((starts[index] ?? 0) / (moving + resting)) * 1e4) / 100}%`;
}

/** Returns a row as SVG, or nothing for a blank one. Each word has a place, because fonts are of different widths. */
function drawRow(row: readonly Run[], place: number): string {
  const words = row.flatMap(wordsOf);
  if (words.length === 0) return "";
  const behind = row
    .filter(({ look }) => look.background !== undefined)
    .map(({ column, width, look }) => {
      const [x, w] = [round(column * columnWidth), round(width * columnWidth)];
      return `<rect class="${colourClass(look.background)}" x="${x}" y="${place * rowHeight}" width="${w}" height="${rowHeight}"/>`;
    });
  const spans = words.map(({ column, text: word, look }) => {
    const classes = classesOf(look);
    return `<tspan x="${round(column * columnWidth)}"${classes === "" ? "" : ` class="${classes}"`}>${text(word)}</tspan>`;
  });
  return `${behind.join("")}<text y="${place * rowHeight + fontSize}">${spans.join("")}</text>`;
}

/** Returns the parts of a run between gaps of two blanks or more. */
function wordsOf(run: Run): readonly Run[] {
  // Blanks are visible when they are underlined. A column is no character where characters are wide.
  if (run.look.underline === true || run.width !== run.text.length) return [run];
  return [...run.text.matchAll(/\S+(?: \S+)*/g)].map(({ index, 0: word }) => ({
    ...run,
    column: run.column + index,
    width: word.length,
    text: word,
  }));
}

function classesOf(look: Look): string {
  const flags = [look.bold && "b", look.dim && "d", look.italic && "i", look.underline && "u"];
  return [look.color === undefined ? "" : colourClass(look.color), ...flags].filter(Boolean).join(" ");
}

function colourClass(colour: number | string | undefined): string {
  return `c${String(colour).replace("#", "x")}`;
}

/** The window is dark on every page, because the page of an image and the reader's system may differ in their schemes. */
function stylesheet(looks: readonly Look[]): string {
  const used = new Set(looks.flatMap(({ color, background }) => [color, background]));
  const colours = [...used]
    .filter((colour) => colour !== undefined)
    .map((colour) => `.${colourClass(colour)}{fill:${colourValue(colour)}}`)
    .sort();
  return (
    `text{font:${fontSize}px ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono","Liberation Mono",Consolas,monospace;` +
    `white-space:pre;fill:${colourValue("text")}}\n` +
    `.window{fill:${colourValue("window")};stroke:${colourValue("frame")}}.line{stroke:${colourValue("frame")}}` +
    `.dot{fill:${colourValue("frame")}}.bar{font-size:13px;fill:${colourValue("quiet")}}\n` +
    `.b{font-weight:700}.d{opacity:.7}.i{font-style:italic}.u{text-decoration:underline}\n${colours.join("")}`
  );
}

function text(value: string): string {
  return escaped(plainText(value));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
