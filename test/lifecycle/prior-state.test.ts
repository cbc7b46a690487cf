import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { PriorState, readPriorState } from "../../lifecycle/prior-state.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { urn } from "../support/urn.ts";

describe("the prior state", () => {
  const prior = priorStateOf({
    "domain lab-master": { vcpu: 2 },
    "volume lab-master": { size: 1 },
    "localCommand lab-step": { stdout: "local" },
    "remoteCommand lab-step": { stdout: "remote" },
  });

  it("finds the outputs of a resource by its type and name", () => {
    expect(prior.outputsOf("domain", "lab-master")).toEqual({ vcpu: 2 });
    expect(prior.outputsOf("volume", "lab-master")).toEqual({ size: 1 });
  });

  it("tells a local command from a remote command of the same name", () => {
    expect(prior.outputsOf("localCommand", "lab-step")).toEqual({ stdout: "local" });
    expect(prior.outputsOf("remoteCommand", "lab-step")).toEqual({ stdout: "remote" });
  });

  it("lists the names of all resources of a type", () => {
    expect(prior.namesOf("volume")).toEqual(["lab-master"]);
    expect(prior.namesOf("network")).toEqual([]);
  });

  it("reads each of 5,000 resources once, however many questions follow", () => {
    let read = 0;
    const resources = Array.from({ length: 5000 }, (_, index) => ({
      type: "libvirt:index/domain:Domain",
      get name() {
        read++;
        return `lab-${index}`;
      },
      outputs: { index },
    }));
    const many = new PriorState(new Map(resources.map((resource, index) => [`urn-${index}`, resource])));
    for (let index = 0; index < 5000; index++) expect(many.outputsOf("domain", `lab-${index}`)).toEqual({ index });
    expect(many.outputsOf("domain", "lab-5000")).toBeUndefined();
    expect(read).toBe(5000);
  });

  it.each([
    ["domain", "lab"],
    ["domain", "lab-worker"],
    ["network", "lab-master"],
  ] as const)("has no %s %s", (type, name) => {
    expect(prior.outputsOf(type, name)).toBeUndefined();
    expect(new PriorState().outputsOf(type, name)).toBeUndefined();
  });
});

describe("readPriorState", () => {
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

  it("asks the engine for this very stack, and keeps each resource by type and name", async () => {
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

  it("accepts a stack without resources, and a resource without outputs", async () => {
    remembered = {};
    expect((await readPriorState()).resources.size).toBe(0);
    remembered = { [urn("libvirt:index/pool:Pool", "lab-pool")]: { type: "libvirt:index/pool:Pool" } };
    expect((await readPriorState()).outputsOf("pool", "lab-pool")).toEqual({});
  });
});
