import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { PriorState, readPriorState } from "../../lifecycle/prior-state.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { urn } from "../support/urn.ts";

describe("what the stack remembers", () => {
  const prior = priorStateOf({ "Domain lab-master": { vcpu: 2 }, "Volume lab-master": { size: 1 } });

  it("is found by kind and name", () => {
    expect(prior.outputsOf("Domain", "lab-master")).toEqual({ vcpu: 2 });
    expect(prior.outputsOf("Volume", "lab-master")).toEqual({ size: 1 });
  });

  it("tells all names of a kind", () => {
    expect(prior.namesOf("Volume")).toEqual(["lab-master"]);
    expect(prior.namesOf("Network")).toEqual([]);
  });

  it.each([
    ["Domain", "lab"],
    ["Domain", "lab-worker"],
    ["omain", "lab-master"],
  ])("has no %s %s", (kind, name) => {
    expect(prior.outputsOf(kind, name)).toBeUndefined();
    expect(new PriorState().outputsOf("Domain", "lab-master")).toBeUndefined();
  });
});

describe("the engine", () => {
  const asked: pulumi.runtime.MockCallArgs[] = [];
  let remembered: Record<string, object>;
  beforeEach(async () => {
    asked.length = 0;
    const mocks = {
      newResource: () => ({ id: "", state: {} }),
      call: (args: pulumi.runtime.MockCallArgs) => {
        asked.push(args);
        return { outputs: remembered };
      },
    };
    await pulumi.runtime.setMocks(mocks, "nodeforge", "lab", false, "ours");
  });

  it("is asked for this very stack, and what it says is kept by type and name", async () => {
    const domain = urn("nodeforge:index:Cluster$libvirt:index/domain:Domain", "lab-master");
    remembered = { [domain]: { type: "libvirt:index/domain:Domain", outputs: { vcpu: 2 } } };
    const { resources } = await readPriorState();
    expect(asked.map(({ token, inputs }) => [token, inputs as unknown])).toEqual([
      ["pulumi:pulumi:readStackResourceOutputs", { stackName: "ours/nodeforge/lab" }],
    ]);
    expect([...resources]).toEqual([
      [domain, { type: "libvirt:index/domain:Domain", name: "lab-master", outputs: { vcpu: 2 } }],
    ]);
  });

  it("may remember nothing, and nothing of a resource", async () => {
    remembered = {};
    expect((await readPriorState()).resources.size).toBe(0);
    remembered = { [urn("a:b:C", "c")]: { type: "a:b:C" } };
    expect((await readPriorState()).outputsOf("C", "c")).toEqual({});
  });
});
