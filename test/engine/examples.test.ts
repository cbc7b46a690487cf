import { describe, expect, it } from "vitest";
import { exampleStacks } from "../support/stack-files.ts";
import { TestStack, type Step } from "./stack.ts";

/** Nodes of each example: machines, and simulated ones by their pool. */
const nodes: Readonly<Record<string, { readonly workers: readonly string[]; readonly simulated?: object }>> = {
  "examples/benchmark.yaml": { workers: [] },
  "examples/existing-network.yaml": { workers: ["worker-node-1"] },
  "examples/lab-of-five.yaml": { workers: [1, 2, 3, 4].map((number) => `worker-node-${number}`) },
  "examples/pools-with-taints.yaml": { workers: ["worker-bench-1", "worker-general-1", "worker-general-2"] },
  "examples/simulated-nodes.yaml": { workers: ["worker-node-1"], simulated: { plain: 900, gpu: 100 } },
  "examples/single-node.yaml": { workers: [] },
};

/** Names of the created resources of a type, without the name of the cluster. */
function created(steps: readonly Step[], type: string): readonly string[] {
  return steps
    .filter(({ op, urn }) => op === "create" && urn.includes(`${type}::`))
    .map(({ urn }) => (urn.split("::").at(-1) ?? "").replace(/^lab-/, ""))
    .sort();
}

/** Number of simulated nodes of each pool in the steps of a preview; undefined without any. */
function simulatedIn(stdout: string): unknown {
  const { steps } = JSON.parse(stdout) as {
    steps: readonly { readonly urn: string; readonly newState?: { readonly inputs?: { readonly nodes?: unknown } } }[];
  };
  return steps.find(({ urn }) => urn.includes("SimulatedNodes::"))?.newState?.inputs?.nodes;
}

/** Puts the network and the storage pool into the world that examples/existing-network.yaml uses. */
function prepare({ world }: TestStack): void {
  const add = (kind: string, taken: string, properties: object) =>
    world.add(
      {
        ...{ urn: "", type: `libvirt:index/${kind.toLowerCase()}:${kind}`, id: `theirs-${taken}`, taken },
        properties: { ...properties },
      },
      false,
    );
  add("Network", "lab", { addresses: ["192.168.235.1/24"], range: ["192.168.235.100", "192.168.235.200"] });
  add("Pool", "default", {});
}

describe("the examples", () => {
  it("are the six with known nodes", () => {
    expect(exampleStacks.map(({ path }) => path)).toEqual(Object.keys(nodes));
  });

  it.each(exampleStacks)("$path: a preview creates its nodes, and touches nothing", async ({ path, settings }) => {
    await using stack = await TestStack.create(settings);
    const usesExisting = "network" in settings;
    if (usesExisting) prepare(stack);
    const { succeeded, text, stdout, steps, calls } = await stack.preview();
    expect(succeeded, text).toBe(true);
    expect(calls.list).toEqual([]);
    const { workers, simulated } = nodes[path]!;
    expect(created(steps, "domain:Domain")).toEqual(["master", ...workers]);
    expect(created(steps, "network:Network")).toEqual(usesExisting ? [] : ["network"]);
    expect(created(steps, "pool:Pool")).toEqual(usesExisting ? [] : ["pool"]);
    expect(simulatedIn(stdout)).toEqual(simulated);
  });
});
