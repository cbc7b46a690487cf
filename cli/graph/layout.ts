import * as dagre from "@dagrejs/dagre";
import type { Box, Graph } from "./graph.ts";

/** The part of dagre that is used here. Its own declarations import files without an extension, which Node's rules refuse. */
interface Dagre {
  readonly Graph: new (options: { readonly compound: boolean; readonly multigraph: boolean }) => Plan;
  readonly layout: (plan: Plan) => void;
}

interface Plan {
  setGraph(settings: object): void;
  setNode(id: string, size: object): void;
  setParent(id: string, parent: string): void;
  setEdge(from: string, to: string, label: object, name: string): void;
  graph(): { readonly width?: number; readonly height?: number };
  /** Area of a node, whose point is its middle. */
  node(id: string): Area;
  edge(from: string, to: string, name: string): Point & { readonly points: readonly Point[] };
}

/** Size of the texts in pixels. */
export const fontSize = 13;

/** Height of a line in pixels. */
export const lineHeight = 18;

/** Space between a box's border and its text in pixels. */
export const padding = 12;

/** A point in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in pixels, by its upper left corner. */
export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

/** Places of a drawing. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Areas of boxes and frames by their ids. */
  readonly areas: ReadonlyMap<string, Area>;
  /** Course of each arrow, and the middle of its label, in the order of the drawing. */
  readonly courses: readonly { readonly points: readonly Point[]; readonly label?: Point }[];
}

/**
 * Width of a text in pixels, for the widest of the usual fonts. Only a reader's program knows its font.
 * @param isBold Whether the text is a name. @default false
 */
export function textWidth(text: string, isBold = false): number {
  const wide = [...text].filter((character) => (character.codePointAt(0) ?? 0) > 0x2e7f).length;
  return Math.ceil(([...text].length + wide) * fontSize * (isBold ? 0.68 : 0.6));
}

/** Longest line in characters. A longer one is cut, and the whole text is in the tooltip. */
const longestLine = 52;

/** Returns a line as it is drawn. */
export function shortLine(line: string): string {
  const characters = [...line];
  return characters.length <= longestLine ? line : `${characters.slice(0, longestLine - 1).join("")}…`;
}

/** Size of a box in pixels. */
function sizeOf({ lines }: Box): { readonly width: number; readonly height: number } {
  const width = Math.max(90, ...lines.map((line, index) => textWidth(shortLine(line), index === 0))) + 2 * padding;
  return { width, height: lines.length * lineHeight + padding };
}

/** Computes the places of a drawing from left to right. The same drawing has the same places. */
export function placeGraph({ boxes, frames, arrows }: Graph): Layout {
  const { Graph: Plan, layout } = dagre as unknown as Dagre;
  const plan = new Plan({ compound: true, multigraph: true });
  // dagre knows no name of a frame. With this space between nodes, a frame has room for it above its boxes.
  plan.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 56, edgesep: 12, marginx: 16, marginy: 16 });
  for (const { id } of frames) plan.setNode(id, {});
  for (const box of boxes) {
    plan.setNode(box.id, sizeOf(box));
    if (box.frame !== undefined) plan.setParent(box.id, box.frame);
  }
  arrows.forEach(({ from, to, label }, index) => {
    const room = label === undefined ? {} : { width: textWidth(label) + 8, height: lineHeight, labelpos: "c" };
    plan.setEdge(from, to, room, String(index));
  });
  layout(plan);
  const { width = 0, height = 0 } = plan.graph();
  const areas = new Map([...frames, ...boxes].map(({ id }) => [id, areaOf(plan.node(id))] as const));
  const courses = arrows.map(({ from, to, label }, index) => {
    const { points, x, y } = plan.edge(from, to, String(index));
    return {
      points: points.map((point) => ({ x: round(point.x), y: round(point.y) })),
      ...(label === undefined ? {} : { label: { x: round(x), y: round(y) } }),
    };
  });
  return { width: Math.ceil(width), height: Math.ceil(height), areas, courses };
}

function areaOf({ x, y, width, height }: Area): Area {
  return { x: round(x - width / 2), y: round(y - height / 2), width: round(width), height: round(height) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
