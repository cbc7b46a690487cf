import { escaped } from "../../lib/html.ts";
import { plainText } from "../../lib/plain-text.ts";
import { conditionsIn, looks, type Colours, type Condition } from "./condition.ts";
import type { Arrow, Box, Frame, Graph } from "./graph.ts";
import { fontSize, lineHeight, padding, placeGraph, shortLine, textWidth, type Area, type Layout } from "./layout.ts";

/** Height of the title above the drawing, in pixels. */
const titleHeight = 40;

/** Height of the legend below the drawing, in pixels. */
const legendHeight = 40;

/**
 * Returns a drawing as an SVG file. Its colours follow the colour scheme of the reader. The same drawing gives the same bytes. It
 * names no font and no address of another host, and needs no script.
 */
export function svg(graph: Graph): string {
  const layout = placeGraph(graph);
  const conditions = conditionsIn(graph.boxes.map(({ condition }) => condition));
  const legend = drawLegend(conditions, layout.height + titleHeight);
  const width = Math.max(layout.width, legend.width, textWidth(graph.title) * 1.3 + 32);
  const size = `${Math.ceil(width)} ${layout.height + titleHeight + legendHeight}`;
  const [w, h] = size.split(" ");
  const area = (id: string): Area => layout.areas.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${size}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${text(graph.title)}</title>`,
    `<desc id="desc">${text(description(graph))}</desc>`,
    `<style>\n${stylesheet(conditions)}</style>`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>`,
    `<rect class="page" width="100%" height="100%"/>`,
    `<text class="heading" x="16" y="27">${text(graph.title)}</text>`,
    `<g transform="translate(0 ${titleHeight})">`,
    ...graph.frames.map((frame) => drawFrame(frame, area(frame.id))),
    ...graph.arrows.map((arrow, index) => drawArrow(arrow, layout.courses[index])),
    ...graph.boxes.map((box) => drawBox(box, area(box.id))),
    "</g>",
    ...legend.lines,
    "</svg>",
  ].join("\n")}\n`;
}

function description({ boxes, arrows }: Graph): string {
  const counts = conditionsIn(boxes.map(({ condition }) => condition)).map(
    (condition) => `${looks[condition].meaning}: ${boxes.filter((box) => box.condition === condition).length}`,
  );
  return `${boxes.length} boxes and ${arrows.length} arrows. ${counts.join(", ")}.`;
}

function drawBox({ id, kind, lines, condition }: Box, { x, y, width, height }: Area): string {
  const rows = lines.map((line, index) => {
    const place = `x="${x + padding}" y="${round(y + padding / 2 + lineHeight * (index + 0.72))}"`;
    return `<text${index === 0 ? ' class="name"' : ""} ${place}>${text(shortLine(line))}</text>`;
  });
  return [
    `<g id="${id}" class="box ${condition}" data-kind="${kind}"><title>${text(lines.join("\n"))}</title>`,
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`,
    ...rows,
    "</g>",
  ].join("\n");
}

function drawFrame({ id, name }: Frame, { x, y, width, height }: Area): string {
  return [
    `<g id="${id}" class="frame">`,
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    `<text x="${x + padding}" y="${round(y + 15)}">${text(name)}</text>`,
    "</g>",
  ].join("\n");
}

function drawArrow({ from, to, label }: Arrow, course: Layout["courses"][number] | undefined): string {
  const [first, ...rest] = course?.points ?? [];
  const path = first === undefined ? "" : `M${first.x} ${first.y}${rest.map(({ x, y }) => `L${x} ${y}`).join("")}`;
  const place = course?.label;
  return [
    `<g class="arrow" data-from="${from}" data-to="${to}">`,
    `<path d="${path}" marker-end="url(#head)"/>`,
    ...(label === undefined || place === undefined
      ? []
      : [`<text x="${place.x}" y="${round(place.y + 4)}" text-anchor="middle">${text(label)}</text>`]),
    "</g>",
  ].join("\n");
}

function drawLegend(conditions: readonly Condition[], y: number): { readonly lines: string[]; readonly width: number } {
  const lines: string[] = [];
  let x = 16;
  for (const condition of conditions) {
    const { meaning } = looks[condition];
    lines.push(
      `<g class="key ${condition}"><rect x="${x}" y="${y + 8}" width="16" height="16" rx="3"/>` +
        `<text x="${x + 24}" y="${y + 21}">${text(meaning)}</text></g>`,
    );
    x += textWidth(meaning) + 44;
  }
  return { lines, width: x };
}

/** Plain rules are those of a light page, because some programs that draw SVG know no media queries. */
function stylesheet(conditions: readonly Condition[]): string {
  const boxRules = (scheme: "light" | "dark") =>
    conditions.map((condition) => rulesOf(condition, looks[condition][scheme])).join("");
  return (
    `text { font: ${fontSize}px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1a1a1a }\n` +
    `.heading { font-size: 17px; font-weight: 600 }\n.name { font-weight: 600 }\n` +
    `.page { fill: #ffffff }\n.frame rect { fill: none; stroke: #6b6b6b; stroke-dasharray: 5 4 }\n` +
    `.arrow path { fill: none; stroke: #6b6b6b; stroke-width: 1.3 }\n.head { fill: #6b6b6b }\n` +
    `.arrow text { stroke: #ffffff; stroke-width: 5px; paint-order: stroke }\n` +
    `.box rect, .key rect { stroke-width: 1.5 }\n${boxRules("light")}` +
    `@media (prefers-color-scheme: dark) {\ntext { fill: #f0f0f0 }\n.page { fill: #121212 }\n` +
    `.frame rect, .arrow path { stroke: #9a9a9a }\n.head { fill: #9a9a9a }\n.arrow text { stroke: #121212 }\n` +
    `${boxRules("dark")}}\n`
  );
}

function rulesOf(condition: Condition, { fill, stroke, text: colour }: Colours): string {
  return `.${condition} rect { fill: ${fill}; stroke: ${stroke} }\n.box.${condition} text { fill: ${colour} }\n`;
}

function text(value: string): string {
  return escaped(plainText(value));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
