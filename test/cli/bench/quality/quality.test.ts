import { describe, expect, it } from "vitest";
import { balanceOf } from "../../../../cli/bench/quality/balance.ts";
import { sameNodeShare } from "../../../../cli/bench/quality/determinism.ts";
import { fragmentationOf } from "../../../../cli/bench/quality/fragmentation.ts";
import { gangBindingOf } from "../../../../cli/bench/quality/gang.ts";
import { packingOf } from "../../../../cli/bench/quality/packing.ts";
import { skewOf } from "../../../../cli/bench/quality/skew.ts";
import type { PodTimes } from "../../../../cli/bench/run/repetition.ts";
import { node, pod } from "../metrics/repetitions.ts";

/** Returns pods on nodes: one pod for each name, with the same requests. */
function on(nodes: readonly (string | undefined)[], requests: PodTimes["requests"]): readonly PodTimes[] {
  return nodes.map((name, index) => pod(`pod-${index}`, { requests, ...(name === undefined ? {} : { node: name }) }));
}

const names = ["a", "b", "c", "d"];
const equal = names.map((name) => node(name, { cpu: 4, memory: 8, pods: 10 }));

describe("packingOf", () => {
  it("is 1 for the fewest nodes and more for a spread", () => {
    expect(packingOf(on(["a", "a", "a", "a"], { cpu: 1 }), equal)).toBe(1);
    expect(packingOf(on(["a", "b", "c", "d"], { cpu: 1 }), equal)).toBe(4);
    expect(packingOf(on(["a", "b", "c", "d"], { cpu: 2 }), equal)).toBe(2);
  });

  it("takes the tightest resource, the largest nodes, and places of pods", () => {
    expect(packingOf(on(["a", "b"], { cpu: 1, memory: 8 }), equal)).toBe(1);
    const mixed = [node("a", { cpu: 2 }), node("b", { cpu: 8 }), node("c", { cpu: 2 })];
    expect(packingOf(on(["a", "b", "b", "c"], { cpu: 2 }), mixed)).toBe(3);
    expect(packingOf(on([...Array<string>(10).fill("a"), "b"], {}), equal)).toBe(1);
  });

  it("keeps a full node full in floating point", () => {
    const tenths = on(Array<string>(3).fill("a"), { cpu: 0.1 });
    expect(packingOf(tenths, [node("a", { cpu: 0.3 }), node("b", { cpu: 0.3 })])).toBe(1);
  });

  it("looks at the moment of the most pods where all are deleted, as in a trace", () => {
    const times = (name: string, bound: number, deleted: number) =>
      pod(`${name}${bound}`, { node: name, bound, deleted });
    const early = [times("a", 1, 10), times("b", 2, 10), times("c", 3, 10)];
    // At 10 three pods leave before two come, and at 11 there are fewer than before.
    const late = [times("d", 10, 20), times("d", 11, 20)];
    expect(packingOf([...early, ...late], equal)).toBe(3);
    expect(packingOf([...early, ...late, pod("kept", { node: "d", bound: 1 })], equal)).toBe(1);
  });

  it("leaves out deleted pods and is undefined without pods", () => {
    const deleted = pod("x", { node: "d", deleted: 5, requests: { cpu: 1 } });
    expect(packingOf([...on(["a"], { cpu: 1 }), deleted], equal)).toBe(1);
    expect(packingOf([deleted], equal)).toBeUndefined();
    expect(packingOf(on([undefined], { cpu: 1 }), equal)).toBeUndefined();
  });
});

describe("balanceOf", () => {
  it("is 1 for equal nodes and 1 / N for one full node", () => {
    expect(balanceOf(on(["a", "b", "c", "d"], { cpu: 2 }), equal)).toEqual({ mean: 0.5, jain: 1 });
    expect(balanceOf(on(["a"], { cpu: 4 }), equal)).toEqual({ mean: 0.25, jain: 0.25 });
  });

  it("takes the dominant resource of each node", () => {
    const pods = [...on(["a"], { cpu: 1, memory: 4 }), ...on(["b"], { cpu: 2, memory: 1 })];
    expect(balanceOf(pods, equal.slice(0, 2))).toEqual({ mean: 0.5, jain: 1 });
  });

  it("counts pods without requests, and is undefined without pods", () => {
    expect(balanceOf(on(["a", "b"], {}), equal.slice(0, 2))).toEqual({
      mean: 0.1,
      jain: expect.closeTo(1, 9) as number,
    });
    expect(balanceOf([], equal)).toBeUndefined();
  });
});

describe("fragmentationOf", () => {
  it("is 0 where every pod has room on every node with something free", () => {
    expect(fragmentationOf(on(["a", "a", "a", "a"], { cpu: 1 }), equal)).toEqual({ cpu: 0 });
  });

  it("counts what is too small for any pod", () => {
    // Each of two nodes has 1 core free, and each pod needs 3.
    expect(fragmentationOf(on(["a", "b"], { cpu: 3 }), equal.slice(0, 2))).toEqual({ cpu: 1 });
    // Node a has 1 core free, node b has 4.
    expect(fragmentationOf(on(["a"], { cpu: 3 }), equal.slice(0, 2))["cpu"]).toBeCloseTo(0.2, 9);
  });

  it("counts a resource that another full resource locks in", () => {
    const pods = on(["a", "a"], { cpu: 1, memory: 4 });
    // Node a has no memory free, so its 2 cores of 6 free ones are lost.
    const result = fragmentationOf(pods, equal.slice(0, 2));
    expect(result["cpu"]).toBeCloseTo(1 / 3, 9);
    expect(result["memory"]).toBe(0);
  });

  it("weighs by the mix: pods without GPUs cannot use GPUs", () => {
    const gpu = [node("a", { cpu: 8, gpu: 4 })];
    const pods = [...on(["a"], { cpu: 1, gpu: 1 }), ...on(["a", undefined, undefined], { cpu: 1 })];
    expect(fragmentationOf(pods, gpu)).toEqual({ cpu: 0, gpu: 0.75 });
  });

  it("leaves out resources without a request or without free amount", () => {
    expect(fragmentationOf(on(["a"], { cpu: 4, memory: 0 }), equal.slice(0, 1))).toEqual({});
    expect(fragmentationOf([], equal)).toEqual({});
  });

  it("counts the room of other pods, and not their requests", () => {
    const others = [pod("other", { node: "b", requests: { cpu: 3, gpu: 1 } })];
    // One free core is left on b, where no pod of three cores has room. On a there is one, too.
    expect(fragmentationOf(on(["a"], { cpu: 3 }), equal.slice(0, 2), others)).toEqual({ cpu: 1 });
  });
});

describe("skewOf", () => {
  const zones = names.map((name, index) => node(name, {}, index === 3 ? {} : { zone: index < 2 ? "z1" : "z2" }));

  it("subtracts the emptiest domain from the fullest", () => {
    expect(skewOf(on(["a", "a", "b", "c"], {}), zones, "zone")).toBe(2);
    expect(skewOf(on(["a", "b"], {}), zones, "zone")).toBe(2);
    expect(skewOf(on(["a", "c"], {}), zones, "zone")).toBe(0);
  });

  it("leaves out nodes without the label, and is undefined for an unknown key", () => {
    expect(skewOf(on(["a", "c", "d", "d"], {}), zones, "zone")).toBe(0);
    expect(skewOf(on(["a"], {}), zones, "rack")).toBeUndefined();
  });
});

describe("gangBindingOf", () => {
  const gangOf = ({ name }: PodTimes) => (name.includes("-") ? name.split("-")[0] : undefined);

  it("measures complete gangs and counts half-bound ones", () => {
    const pods = [
      ...[pod("x-0", { bound: 10 }), pod("x-1", { bound: 40 }), pod("x-2", { bound: 25 })],
      ...[pod("y-0", { bound: 10 }), pod("y-1")],
      ...[pod("z-0"), pod("z-1")],
      ...[pod("v-0", { bound: 10 }), pod("v-1", { bound: 12, deleted: 20 })],
      ...[pod("alone", { bound: 9000 })],
    ];
    expect(gangBindingOf(pods, gangOf)).toEqual({ spreads: [30], halfBound: 2 });
  });

  it("is undefined without gangs", () => {
    expect(gangBindingOf([pod("alone")], gangOf)).toBeUndefined();
  });
});

describe("determinism", () => {
  it("counts pods with the same node by name", () => {
    const pods = on(["a", "b", "c", undefined], {});
    expect(sameNodeShare(pods, pods)).toBe(1);
    expect(sameNodeShare(pods, on(["a", "b", "a", undefined], {}))).toBeCloseTo(2 / 3, 9);
    expect(sameNodeShare(pods, on(["a", undefined, "c", "d"], {}))).toBe(0.5);
    expect(sameNodeShare(pods, [])).toBe(0);
    expect(sameNodeShare(on([undefined], {}), [])).toBeUndefined();
  });
});
