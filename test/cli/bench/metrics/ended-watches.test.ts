import { describe, expect, it } from "vitest";
import { endedWatches, endedWatchNotes } from "../../../../cli/bench/metrics/ended-watches.ts";
import { parseExposition } from "../../../../cli/bench/metrics/exposition.ts";
import type { Measures } from "../../../../cli/bench/metrics/measures.ts";
import { scrapesOf } from "../../../../cli/bench/metrics/scrapes.ts";
import { controlPlane, type Counted } from "./control-plane.ts";
import { repetition } from "./repetitions.ts";

function ended(counted: Counted): number | undefined {
  return endedWatches(scrapesOf(repetition({ scrapes: controlPlane(counted) }), "kube-apiserver").pair!);
}

describe("the watches that the API server ended", () => {
  it("are those of pods and nodes, and none without the counter", () => {
    expect(ended({ endedWatches: [3, 2, 9] })).toBe(5);
    expect(ended({ endedWatches: [0, 0, 9] })).toBe(0);
    expect(ended({})).toBe(0);
  });

  it("are only those between the scrapes, and unknown where the counter went down", () => {
    const count = (pods: number) => parseExposition(`apiserver_terminated_watchers_total{resource="pods"} ${pods}\n`);
    expect(endedWatches({ before: count(5), after: count(7) })).toBe(2);
    expect(endedWatches({ before: count(7), after: count(5) })).toBe(undefined);
  });

  it("are named where they disturbed a repetition", () => {
    const some: readonly { readonly measures: Measures }[] = [
      { measures: { endedWatches: 4 } },
      { measures: { endedWatches: 0 } },
      { measures: {} },
    ];
    expect(endedWatchNotes(some)).toEqual([
      "The API server ended 4 watches of pods or nodes in 1 of 3 repetitions, because its clients received too slowly. " +
        "A scheduler then waits for its next watch. Fix: set more warmups, or raise masterVcpus",
    ]);
    expect(endedWatchNotes([{ measures: { endedWatches: 1 } }])[0]).toContain("ended 1 watch of pods");
    expect(endedWatchNotes(some.slice(1))).toEqual([]);
  });
});
