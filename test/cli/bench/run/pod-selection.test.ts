import { describe, expect, test } from "vitest";
import { isSelected, labelsOf } from "../../../../cli/bench/run/pod-selection.ts";

const labels = { app: "a", tier: "front" };

describe("a selection of pods", () => {
  test.each([
    ["all pods", { namespaces: [] }, true],
    ["its namespace", { namespaces: ["x", "y"] }, true],
    ["another namespace", { namespaces: ["y"] }, false],
    ["each label", { namespaces: [], labelSelector: { app: "a", tier: "front" } }, true],
    ["another value of a label", { namespaces: [], labelSelector: { app: "a", tier: "back" } }, false],
    ["a label that it lacks", { namespaces: ["x"], labelSelector: { zone: "1" } }, false],
  ])("by %s", (_, selection, expected) => {
    expect(isSelected(selection, "x", labels)).toBe(expected);
  });

  test("reads the labels of an object, which may have none", () => {
    const pod = { apiVersion: "v1", kind: "Pod" };
    expect(labelsOf({ ...pod, metadata: { labels } })).toEqual(labels);
    expect(labelsOf({ ...pod, metadata: {} })).toEqual({});
  });
});
