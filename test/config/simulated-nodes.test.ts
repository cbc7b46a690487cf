import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folder.ts";
import { configWith, problemsOf } from "../support/settings.ts";

const withNodes = (pools: unknown, others: Record<string, string> = {}) => ({
  ...others,
  simulatedNodes: JSON.stringify(pools),
});
/** Refusals of pools, each as its key and the expected value. */
const refusalsOf = (pools: unknown, others?: Record<string, string>) =>
  problemsOf(withNodes(pools, others)).map(({ key, expected }) => [key, expected]);

const good = { name: "big", count: 3 };

describe("simulated nodes", () => {
  it("are none by default", () => {
    expect(configWith().simulatedNodes).toEqual({ pools: [], stages: undefined, leaseSeconds: 120 });
  });

  it("have the size of a benchmark's machine by default, and one zone", () => {
    const { pools } = configWith(withNodes([good])).simulatedNodes;
    expect(pools).toEqual([
      {
        name: "big",
        count: 3,
        cpu: 16,
        memoryMiB: 65536,
        pods: 110,
        extendedResources: {},
        labels: {},
        taints: [],
        zones: ["simulated"],
      },
    ]);
  });

  it("have the listed resources, labels, taints and zones", () => {
    const given = {
      ...good,
      extendedResources: ["example.com/gpu=8"],
      labels: ["tier=a"],
      taints: ["dedicated=bench:NoExecute"],
      zones: ["a", "b"],
    };
    expect(configWith(withNodes([given])).simulatedNodes.pools[0]).toMatchObject({
      extendedResources: { "example.com/gpu": 8 },
      labels: { tier: "a" },
      taints: [{ key: "dedicated", value: "bench", effect: "NoExecute" }],
      zones: ["a", "b"],
    });
  });

  const withGrace = (grace: string) =>
    withNodes([good], {
      controlPlaneArguments: JSON.stringify({ controllerManager: { "node-monitor-grace-period": grace } }),
    });

  it("renew their leases less often if the controller manager waits longer for them", () => {
    expect(configWith(withNodes([good])).simulatedNodes.leaseSeconds).toBe(120);
    expect(configWith(withGrace("10m")).simulatedNodes.leaseSeconds).toBe(1440);
  });

  it.each(["10", "19s", "soon"])("refuse %s as the time that the controller manager waits", (grace) => {
    expect(problemsOf(withGrace(grace)).map(({ key, expected, given }) => [key, expected, given])).toEqual([
      [
        "controlPlaneArguments.controllerManager.node-monitor-grace-period",
        "a duration of at least 20s, such as 5m",
        JSON.stringify(grace),
      ],
    ]);
  });

  it("leave out a pool without nodes", () => {
    expect(configWith(withNodes([{ name: "none", count: 0 }])).simulatedNodes.pools).toEqual([]);
  });

  it.each([
    ["no list", { name: "a" }, "simulatedNodes", "a list of objects"],
    ["no name", [{ count: 1 }], "simulatedNodes[0].name", "a string"],
    ["no count", [{ name: "a" }], "simulatedNodes[0].count", "a whole number"],
    ["an unknown key", [{ ...good, cpus: 1 }], "simulatedNodes[0].cpus", "one of the known keys (did you mean cpu?)"],
    ["too many nodes", [{ ...good, count: 5001 }], "simulatedNodes[0].count", "at most 5000"],
    ["no pods", [{ ...good, pods: 0 }], "simulatedNodes[0].pods", "at least 1"],
    ["no zone", [{ ...good, zones: [] }], "simulatedNodes[0].zones", "at least one zone"],
    ["a name twice", [good, good], "simulatedNodes[1].name", "one that no other pool of nodes has"],
    [
      "the prefix of workers",
      [{ ...good, name: "worker-node" }],
      "simulatedNodes[0].name",
      "one that no other pool of nodes has",
    ],
    [
      "a resource without a domain",
      [{ ...good, extendedResources: ["gpu=1"] }],
      "simulatedNodes[0].extendedResources",
      "resources such as example.com/gpu=8",
    ],
    [
      "a resource of Kubernetes",
      [{ ...good, extendedResources: ["kubernetes.io/gpu=1"] }],
      "simulatedNodes[0].extendedResources",
      "resources such as example.com/gpu=8",
    ],
    [
      "the prefix of quotas",
      [{ ...good, extendedResources: ["requests.example.com/gpu=1"] }],
      "simulatedNodes[0].extendedResources",
      "resources such as example.com/gpu=8",
    ],
    [
      "a label of nodeforge",
      [{ ...good, labels: ["nodeforge.local/pool=a"] }],
      "simulatedNodes[0].labels",
      "labels that nodeforge does not set",
    ],
    ["an invalid label", [{ ...good, labels: ["a b=c"] }], "simulatedNodes[0].labels", "labels such as disk=ssd"],
    [
      "an invalid taint",
      [{ ...good, taints: ["a=b"] }],
      "simulatedNodes[0].taints",
      "taints such as dedicated=bench:NoSchedule",
    ],
    [
      "the taint that they have",
      [{ ...good, taints: ["kwok.x-k8s.io/node=x:NoSchedule"] }],
      "simulatedNodes[0].taints",
      "no taint kwok.x-k8s.io/node:NoSchedule, which every simulated node has",
    ],
    [
      "an invalid zone",
      [{ ...good, zones: ["A"] }],
      "simulatedNodes[0].zones",
      "a DNS label (lower-case letters, digits, inner hyphens) of at most 63 characters",
    ],
    [
      "a resource twice",
      [{ ...good, extendedResources: ["a.b/c=1", "a.b/c=2"] }],
      "simulatedNodes[0].extendedResources",
      "one number of the resource a.b/c",
    ],
  ])("with %s are refused under the key", (_, pools, key, expected) => {
    expect(refusalsOf(pools)).toEqual([[key, expected]]);
  });

  it("with several mistakes are refused by one error that names every wrong key", () => {
    const bad = { name: "A", count: -1, cpu: 0, labels: ["x"], taints: ["y"], extendedResources: ["z"], zones: ["Z"] };
    expect(refusalsOf([bad], { podCidr: "10.244.0.0/24" }).map(([key]) => key)).toEqual([
      ...["name", "count", "zones", "labels", "taints", "cpu", "extendedResources"].map(
        (key) => `simulatedNodes[0].${key}`,
      ),
      "podCidr",
    ]);
  });

  it("are at most 5000 in all pools together", () => {
    const pools = [good, { name: "more", count: 4998 }];
    expect(refusalsOf(pools)).toEqual([["simulatedNodes", "at most 5000 simulated nodes in all pools together"]]);
    expect(configWith(withNodes([good, { name: "more", count: 4997 }])).simulatedNodes.pools).toHaveLength(2);
  });

  it("share one range of the pods, for which the network needs room", () => {
    const narrow = { workers: "1", podCidr: "10.244.0.0/23" };
    expect(configWith(narrow).clusterNetwork.podCidr).toBe("10.244.0.0/23");
    expect(problemsOf(withNodes([good], narrow))).toEqual([
      {
        key: "podCidr",
        expected: "room for a /24 for each of 2 nodes, and one for all simulated nodes",
        given: '"10.244.0.0/23"',
      },
    ]);
    expect(configWith(withNodes([{ ...good, count: 0 }], narrow)).simulatedNodes.pools).toEqual([]);
  });

  it("are not called like the control plane", () => {
    expect(refusalsOf([good], { masterName: "big-1" })).toEqual([
      ["simulatedNodes[0].name", "a name whose nodes are not called like the control plane, big-1"],
    ]);
  });

  it("follow the stages of the user's file, which is refused unless it has only stages", () => {
    const path = join(temporaryFolder(), "stages.yaml");
    const stage = "apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\nmetadata: { name: a }\n";
    writeFileSync(path, stage);
    expect(configWith({ simulatedStages: path }).simulatedNodes.stages).toBe(stage);
    const wanted = "the path of a YAML file with Stage objects of kwok.x-k8s.io/v1alpha1";
    const refused = (simulatedStages: string) => problemsOf({ simulatedStages }).map(({ expected }) => expected);
    for (const text of ["", "kind: Pod\n", "a: [\n", `${stage}---\nkind: Stage\n`]) {
      writeFileSync(path, text);
      expect(refused(path)).toEqual([wanted]);
    }
    expect(refused("/missing")).toEqual([`${wanted} (ENOENT)`]);
  });
});
