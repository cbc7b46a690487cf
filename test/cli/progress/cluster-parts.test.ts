import { describe, expect, it } from "vitest";
import { ClusterParts } from "../../../cli/progress/cluster-parts.ts";

const change = (state: "begun" | "ended" | "failed", seconds: number) => ({
  is: "part",
  name: "add-ons",
  state,
  seconds,
});

describe("a part of a cluster", () => {
  it("is at work from its first step to its last", () => {
    const parts = new ClusterParts();
    expect(parts.begin("add-ons", 1_000)).toEqual([change("begun", 0)]);
    expect(parts.begin("add-ons", 2_000)).toEqual([]);
    expect(parts.end("add-ons", "ended", 3_000)).toEqual([]);
    expect(parts.views).toEqual([{ name: "add-ons", since: 1_000 }]);
    expect(parts.end("add-ons", "ended", 6_000)).toEqual([change("ended", 5)]);
    expect(parts.views).toEqual([]);
  });

  it("fails with its first failed step, although another one runs", () => {
    const parts = new ClusterParts();
    parts.begin("add-ons", 0);
    parts.begin("add-ons", 0);
    expect(parts.end("add-ons", "failed", 2_000)).toEqual([change("failed", 2)]);
    expect(parts.views).toHaveLength(1);
  });

  it("has a new begin after a pause, and takes no time where its begin is unknown", () => {
    const parts = new ClusterParts();
    expect(parts.end("add-ons", "ended", 9_000)).toEqual([change("ended", 0)]);
    parts.begin("add-ons", 10_000);
    parts.end("add-ons", "ended", 11_000);
    parts.begin("add-ons", 20_000);
    parts.begin("network", 21_000);
    expect(parts.views).toEqual([
      { name: "add-ons", since: 20_000 },
      { name: "network", since: 21_000 },
    ]);
  });
});
