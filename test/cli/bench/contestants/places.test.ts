import { describe, expect, it } from "vitest";
import type { Contestant } from "../../../../cli/bench/contestants/contestant.ts";
import { placeNotes } from "../../../../cli/bench/contestants/places.ts";

const unit: Contestant = { name: "unit", configuration: "{}", arguments: [] };
const local: Contestant = { ...unit, name: "editor", local: { command: "x", args: [], limits: { qps: 1, burst: 1 } } };
const pods = (hasCommonLimits: boolean): Contestant => ({
  ...{ ...unit, name: "volcano" },
  manifests: { namespace: "own", objects: [], texts: [], images: [], hasCommonLimits },
});
const own = (name: string) =>
  `${name} has a log level and feature gates of its own, because the benchmark does not set its arguments.`;
const repetition = (scheduler: string, measures: Readonly<Record<string, number>>) => ({ scheduler, measures });

describe("the notes about the places of schedulers", () => {
  it("are none where all run on the control plane and were measured", () => {
    const measured = [repetition("unit", { cpuSecondsPerThousandPods: 1 }), repetition("other", {})];
    expect(placeNotes([unit, { ...unit, name: "unit-again" }], "unit", measured)).toEqual([]);
  });

  it("name a local scheduler, and its comparison with one on the control plane", () => {
    expect(placeNotes([unit, local], "unit", [])).toEqual([
      "editor ran on the operator's machine: each of its requests paid the network to the API server.",
      own("editor"),
      "The comparison of editor (the operator's machine) with unit (the control plane) includes the difference of these places.",
    ]);
    expect(placeNotes([local, { ...local, name: "again" }], "editor", [])).toHaveLength(4);
  });

  it("name unknown limits, and a cost that no counted repetition has", () => {
    const notes = placeNotes([pods(false)], "volcano", [repetition("volcano", {})]);
    expect(notes).toEqual([
      own("volcano"),
      "volcano has client limits of its own: its manifests have no KubeSchedulerConfiguration in a ConfigMap.",
      "The processor time of volcano was not measured.",
    ]);
    expect(placeNotes([pods(true)], "volcano", [])).toEqual([own("volcano")]);
    const isVoid = { ...repetition("volcano", {}), void: "it failed" };
    expect(placeNotes([pods(true)], "volcano", [isVoid])).toEqual([own("volcano")]);
  });
});
