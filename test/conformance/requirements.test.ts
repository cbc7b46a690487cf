import { describe, expect, test } from "vitest";
import { compareNames } from "../../lib/name-order.ts";
import { readRequirements, select, type Requirements } from "./requirements.ts";

const requirements: Requirements = {
  withoutImages: { api: ["a watches"], nodes: ["c schedules"] },
  images: { "b.go": ["agnhost", "pause"] },
};
const cases = [
  { name: "c schedules", file: "c.go" },
  { name: "b serves 10", file: "b.go" },
  { name: "b serves 2", file: "b.go" },
  { name: "a watches", file: "a.go" },
];
const reason = "needs images: agnhost, pause";

describe("a selection", () => {
  test("has the cases without an image, and tells the images of the others", () => {
    expect(select(cases, requirements, { all: false })).toEqual({
      chosen: ["a watches", "c schedules"],
      leftOut: [
        { name: "b serves 2", reason },
        { name: "b serves 10", reason },
      ],
    });
  });

  test("has every case where the nodes reach a registry", () => {
    expect(select(cases, requirements, { all: true })).toEqual({
      chosen: ["a watches", "b serves 2", "b serves 10", "c schedules"],
      leftOut: [],
    });
  });

  test("has nothing of a case that does not match", () => {
    expect(select(cases, requirements, { all: false, focus: /watches|2$/ })).toEqual({
      chosen: ["a watches"],
      leftOut: [{ name: "b serves 2", reason }],
    });
  });

  test("names no image of a file without a row", () => {
    const unknown = select([{ name: "d", file: "d.go" }], requirements, { all: false });
    expect(unknown.leftOut).toEqual([{ name: "d", reason: "needs images: unknown" }]);
  });

  test("of no case is refused", () => {
    expect(() => select(cases, requirements, { all: true, focus: /z/ })).toThrow(
      /^--focus z matches none of 4 cases\. Fix: /,
    );
  });
});

describe("requirements.yaml", () => {
  const { withoutImages, images } = readRequirements();

  test.each(["api", "nodes"] as const)("has the cases of %s in order, each once", (kind) => {
    const names = withoutImages[kind];
    expect(names.length).toBeGreaterThan(0);
    expect(names).toEqual([...new Set(names)].sort(compareNames));
  });

  test("has no case in both lists", () => {
    expect(withoutImages.nodes.filter((name) => withoutImages.api.includes(name))).toEqual([]);
  });

  test("has the files and their images in order", () => {
    expect(Object.keys(images)).toEqual(Object.keys(images).sort(compareNames));
    for (const names of Object.values(images)) expect(names).toEqual([...new Set(names)].sort());
  });
});
