import { plainText } from "../../lib/plain-text.ts";
import { conditionsIn, looks } from "./condition.ts";
import type { Box, Graph } from "./graph.ts";

/**
 * Returns a drawing as a Mermaid flowchart. The colours are those of a light page, each with its own text colour, so a dark page
 * shows them as well.
 */
export function mermaid({ title, boxes, frames, arrows }: Graph): string {
  const framed = frames.map(({ id, name }) => ({ id, name, members: boxes.filter(({ frame }) => frame === id) }));
  const lines = [
    "---",
    // YAML reads JSON, and the text of a title is no label.
    `title: ${JSON.stringify(plainText(title))}`,
    "---",
    "flowchart LR",
    ...boxes.filter(({ frame }) => frame === undefined).map((box) => `  ${boxText(box)}`),
    ...framed.flatMap(({ id, name, members }) => [
      `  subgraph ${id}["${label(name)}"]`,
      ...members.map((box) => `    ${boxText(box)}`),
      "  end",
    ]),
    ...arrows.map(({ from, to, label: text }) =>
      text === undefined ? `  ${from} --> ${to}` : `  ${from} -- "${label(text)}" --> ${to}`,
    ),
    ...conditionsIn(boxes.map(({ condition }) => condition)).map((condition) => {
      const { fill, stroke, text } = looks[condition].light;
      return `  classDef ${className(condition)} fill:${fill},stroke:${stroke},color:${text}`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}

function boxText({ id, lines, condition }: Box): string {
  return `${id}["${lines.map(label).join("<br/>")}"]:::${className(condition)}`;
}

function className(condition: string): string {
  return condition.replace("-", "");
}

/**
 * Returns a text for a quoted label. Mermaid reads `#35;` as a character. The characters that it or Markdown would obey are
 * written so, and a line end would end the statement.
 */
function label(text: string): string {
  return plainText(text)
    .replace(/\s+/g, " ")
    .replace(/[#"&<>`*_\\[\]{}|;]/g, (character) => `#${character.codePointAt(0) ?? 35};`);
}
