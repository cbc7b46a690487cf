import { readFileSync } from "node:fs";
import { DOMParser, type Element } from "@xmldom/xmldom";
import { describe, expect, test } from "vitest";
import { drawCluster } from "../../../cli/graph/draw-cluster.ts";
import { svg } from "../../../cli/graph/svg.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { drawnState } from "./drawn-state.ts";
import { exampleGraph } from "./example.ts";

/** Parses strictly: a warning fails the test, too. */
function parse(text: string) {
  const onError = (_: unknown, message: string) => {
    throw new Error(message);
  };
  return new DOMParser({ onError }).parseFromString(text, "image/svg+xml");
}

function byClass(text: string, name: string): readonly Element[] {
  return [...parse(text).getElementsByTagName("g")].filter((element) =>
    (element.getAttribute("class") ?? "").split(" ").includes(name),
  );
}

const example = svg(exampleGraph());
const areaOf = (element: Element) => {
  const [rectangle] = element.getElementsByTagName("rect");
  const of = (name: string) => Number(rectangle?.getAttribute(name));
  return { x: of("x"), y: of("y"), right: of("x") + of("width"), bottom: of("y") + of("height") };
};

describe("a drawing as SVG", () => {
  test("has a title, a description and each box and arrow once", () => {
    const root = parse(example).documentElement!;
    expect(root.getElementsByTagName("title")[0]?.textContent).toBe("cluster lab of stack lab");
    expect(root.getElementsByTagName("desc")[0]?.textContent).toBe(
      "9 boxes and 13 arrows. machine not running: 1, node not Ready: 1, node Ready: 2, not known or not asked: 1, " +
        "hypervisor, network, storage: 4.",
    );
    const boxes = byClass(example, "box");
    expect(boxes.map((box) => box.getAttribute("id"))).toEqual(exampleGraph().boxes.map(({ id }) => id));
    expect(byClass(example, "arrow")).toHaveLength(13);
    expect(byClass(example, "frame")).toHaveLength(2);
    const off = boxes.filter((box) => box.getAttribute("class") === "box off");
    expect(off.map((box) => box.getElementsByTagName("text")[0]?.textContent)).toEqual(["worker-general-2"]);
  });

  test("has a legend of its own conditions, and no other", () => {
    expect(byClass(example, "key").map((key) => key.textContent)).toEqual([
      ...["machine not running", "node not Ready", "node Ready", "not known or not asked"],
      "hypervisor, network, storage",
    ]);
    const grey = svg(drawCluster({ stack: "lab", state: drawnState(), fold: 8 }));
    expect(byClass(grey, "key").map((key) => key.textContent)).toEqual([
      ...["not known or not asked", "hypervisor, network, storage"],
    ]);
    expect(byClass(grey, "ready")).toEqual([]);
  });

  test("has places inside the picture, and no two boxes overlap", () => {
    const root = parse(example).documentElement!;
    const [, , width, height] = (root.getAttribute("viewBox") ?? "").split(" ").map(Number);
    const areas = byClass(example, "box").map(areaOf);
    for (const [index, a] of areas.entries()) {
      expect(a.x >= 0 && a.y >= 0 && a.right <= width! && a.bottom <= height!).toBe(true);
      const over = areas
        .slice(index + 1)
        .filter((b) => a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom);
      expect(over).toEqual([]);
    }
    const [other, frame] = byClass(example, "frame").map(areaOf);
    expect(frame!.y >= 0 && (frame!.bottom < other!.y || other!.bottom < frame!.y)).toBe(true);
    const workers = byClass(example, "box")
      .filter((box) => box.getAttribute("data-kind") === "worker")
      .map(areaOf);
    expect(workers).toHaveLength(2);
    for (const { x, y, right, bottom } of workers) {
      expect(x > frame!.x && right < frame!.right && y > frame!.y + 18 && bottom < frame!.bottom).toBe(true);
    }
  });

  test("has the same bytes for the same state, and other bytes for another one", () => {
    expect(svg(exampleGraph())).toBe(example);
    expect(svg(drawCluster({ stack: "lab", state: drawnState(), fold: 8 }))).not.toBe(example);
  });

  test("has colours for a light and a dark page, and names no other host", () => {
    expect(example).toContain("@media (prefers-color-scheme: dark)");
    expect(example.match(/https?:\/\/[^"]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
    expect(example).not.toMatch(/<script|@import|url\((?!#)/);
  });

  test("escapes names, and cuts a long one that its tooltip has whole", () => {
    const network = `<script>&"${"x".repeat(80)}\u0007`;
    const text = svg(drawCluster({ stack: "lab", state: drawnState({ network }), fold: 8 }));
    const box = byClass(text, "box").find((each) => each.getAttribute("id") === "network0")!;
    expect(parse(text).getElementsByTagName("script")).toHaveLength(0);
    expect(box.getElementsByTagName("title")[0]?.textContent).toContain(network.slice(0, -1));
    expect(box.getElementsByTagName("text")[0]?.textContent).toBe(`<script>&"${"x".repeat(41)}…`);
  });

  test("is docs/images/graph.svg for the example", () => {
    expect(readFileSync(inCheckout("docs", "images", "graph.svg"), "utf8")).toBe(example);
  });
});

/** Relative luminance of a colour (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("each text has a contrast of 7 to its box, on a light and on a dark page", async () => {
  const { looks } = await import("../../../cli/graph/condition.ts");
  const pairs = Object.values(looks).flatMap(({ light, dark }) => [light, dark]);
  expect(pairs).toHaveLength(12);
  for (const { fill, text } of pairs) {
    const [low = 0, high = 0] = [luminance(fill), luminance(text)].sort((a, b) => a - b);
    expect((high + 0.05) / (low + 0.05)).toBeGreaterThan(7);
  }
});
