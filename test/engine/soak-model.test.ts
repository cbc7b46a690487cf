import { describe, expect, it } from "vitest";
import { callProblems } from "./soak-calls.ts";
import { desiredAfter } from "./soak-changes.ts";
import { Model } from "./soak-model.ts";
import { outageProblems } from "./soak-service.ts";
import { firstDesired, type Desired, type Pool } from "./soak-settings.ts";
import { Calls, type Call } from "./world.ts";

/** Settings with a changed pool of two workers. */
function withSmall(changed: Partial<Pool>, others: Partial<Desired> = {}): Desired {
  const { pools } = firstDesired;
  return { ...firstDesired, ...others, pools: { ...pools, small: { ...pools.small, ...changed } } };
}

/** Operations that a model expects of the next run. */
function expectedOf(model: Model): readonly string[] {
  return [...model.expected().values()].flatMap(({ operations }) => operations ?? ["any"]);
}

/** Calls of a run, each an action and a resource. All of them end in their order. */
function callsOf(...operations: readonly string[]): Calls {
  return new Calls(
    operations.map((operation, index): Call => {
      const [action, ...resource] = operation.split(" ");
      return { action: action as Call["action"], resource: resource.join(" "), began: 2 * index, ended: 2 * index + 1 };
    }),
  );
}

/** Model of a cluster after changes. */
function modelAfter(change: (model: Model) => void): Model {
  const model = new Model(firstDesired);
  change(model);
  return model;
}

const join = ["token", "join", "ready"].map((step) => `Command worker-small-2-${step}`);
const machine = ["Volume worker-small-2-root", "Domain worker-small-2", "Command worker-small-2-host-key", ...join];

describe("the model of a cluster", () => {
  it("expects nothing of a run that has nothing to do", () => {
    const model = new Model(firstDesired);
    expect([model.isSettled, model.needsRecovery, expectedOf(model)]).toEqual([true, false, []]);
  });

  it.each<[string, (model: Model) => void, readonly string[]]>([
    [
      "the last worker of a pool for a smaller pool",
      (model) => model.want(withSmall({ count: 1 })),
      [...machine, "Volume worker-small-2-seed"].map((resource) => `delete ${resource}`),
    ],
    [
      "the steps of both workers for other taints",
      (model) => model.want(withSmall({ taints: ["a:NoSchedule"] })),
      [1, 2].flatMap((number) => ["join", "ready"].map((step) => `update Command worker-small-${number}-${step}`)),
    ],
    ["a machine that is off", (model) => model.damage("worker-small-2", "off"), ["update Domain worker-small-2"]],
    [
      "a machine that is missing",
      (model) => model.damage("worker-small-2", "domain"),
      [
        ...machine.slice(1).map((resource) => `create ${resource}`),
        ...machine.slice(2).map((resource) => `delete ${resource}`),
      ],
    ],
    [
      "a worker without its Node",
      (model) => model.damage("worker-small-2", "Node"),
      join.flatMap((resource) => [`create ${resource}`, `delete ${resource}`]),
    ],
    ["a missing seed disk", (model) => model.damage("master", "seed"), ["create Volume master-seed"]],
    ["a missing base image", (model) => model.loseBase("first"), ["create Volume base"]],
  ])("expects operations on %s", (_, change, operations) => {
    const model = modelAfter(change);
    expect([model.isSettled, [...expectedOf(model)].sort()]).toEqual([false, [...operations].sort()]);
    model.complete();
    expect([model.isSettled, expectedOf(model)]).toEqual([true, []]);
  });

  it("expects of one run what all changes since the last complete run leave to do", () => {
    const model = modelAfter((changed) => changed.want(withSmall({ memoryMiB: 3072 })));
    model.want(withSmall({ taints: ["a:NoSchedule"], count: 1 }));
    model.damage("worker-small-2", "domain");
    expect([...expectedOf(model)].sort()).toEqual(
      [
        ...["join", "ready"].map((step) => `update Command worker-small-1-${step}`),
        ...[...machine, "Volume worker-small-2-seed"]
          .filter((resource) => !resource.startsWith("Domain"))
          .map((resource) => `delete ${resource}`),
      ].sort(),
    );
  });

  it("goes back to settings that no run has applied, and to those of the last complete run", () => {
    const [larger, tainted] = [withSmall({ memoryMiB: 3072 }), withSmall({ taints: ["a:NoSchedule"] })];
    const model = modelAfter((changed) => changed.want(larger));
    expect(desiredAfter({ do: "undo", changes: 2 }, model)).toBeUndefined();
    model.want(tainted);
    expect(desiredAfter({ do: "undo", changes: 1 }, model)).toEqual(larger);
    expect(desiredAfter({ do: "undo", changes: 2 }, model)).toEqual(firstDesired);
    expect(desiredAfter({ do: "discard" }, model)).toEqual(firstDesired);
    // A run that ended early applied nothing completely.
    model.stop(new Set(["worker-small-1"]), () => "unknown");
    expect(desiredAfter({ do: "discard" }, model)).toEqual(firstDesired);
    model.complete();
    expect(desiredAfter({ do: "discard" }, model)).toBeUndefined();
    expect(desiredAfter({ do: "undo", changes: 1 }, model)).toEqual(larger);
    model.want(larger);
    expect(desiredAfter({ do: "discard" }, model)).toEqual(tainted);
  });

  it("knows no object of a node, and no base image, that a stopped run changed", () => {
    const model = modelAfter((changed) => changed.loseBase("first"));
    expect([model.knows("master"), model.knows("base images"), model.bases?.size]).toEqual([true, true, 0]);
    model.stop(new Set(["worker-small-1", "base images"]), () => "down");
    const names = ["worker-small-1", "worker-small-2", "worker-small-9", "base images", "cluster"];
    expect(names.map((name) => model.knows(name))).toEqual([false, true, true, false, true]);
    expect(names.slice(0, 2).map((name) => model.knowsNode(name))).toEqual([false, true]);
    model.damage("master", "Node");
    expect(model.knowsNode("master")).toBe(true);
    // A run may end after it has restored the control plane's Node.
    model.stop(new Set(), () => "unknown");
    model.forgetData();
    expect(model.knowsNode("master")).toBe(false);
    model.damage("master", "off");
    expect(model.knowsNode("worker-small-2")).toBe(false);
    model.complete();
    expect(names.slice(0, 2).map((name) => model.knowsNode(name))).toEqual([true, true]);
  });

  it("expects any operation on a node whose change was stopped, and only on that node", () => {
    const model = modelAfter((changed) => changed.want(withSmall({ memoryMiB: 3072 })));
    model.stop(new Set(["worker-small-1"]), () => "down");
    expect(model.expected().get("worker-small-1")?.operations).toBeUndefined();
    expect(model.expected().get("worker-small-2")?.operations).toHaveLength(2 * machine.length);
    expect(model.expected().get("master")?.operations).toEqual([]);
  });

  it("lets a run fail once where the API server is down and a Node is missing, and no other run", () => {
    const model = modelAfter((changed) => changed.damage("worker-small-1", "Node"));
    expect(model.mayFailOnce).toBe(false);
    model.damage("master", "off");
    expect(model.mayFailOnce).toBe(true);
  });
});

describe("a run", () => {
  it("has a problem for each operation that the model does not expect, and for each that is missing", () => {
    const model = modelAfter((changed) => changed.damage("worker-small-2", "off"));
    const calls = callsOf("create Domain master", "update Command ready");
    const missing = 'expected 1 of "update Domain worker-small-2", found 0';
    const surprising = 'expected 0 of "create Domain master", found 1';
    const problems = (succeeded: boolean) =>
      callProblems(model, { succeeded, calls, stdout: "", text: "", events: "" });
    expect([...problems(true)].sort()).toEqual([surprising, missing]);
    expect(problems(false)).toEqual([surprising]);
  });

  const down = (number: number) => `delete Command worker-small-${number}-token`;
  const up = (number: number) => `create Command worker-small-${number}-ready`;

  it("has a problem for a worker that becomes unavailable beside maxUnavailable others", () => {
    const model = modelAfter((changed) => changed.want(withSmall({ memoryMiB: 3072 })));
    expect(outageProblems(model, callsOf(down(1), up(1), down(2), up(2)))).toEqual([]);
    const problem = "worker-small-2 became unavailable beside worker-small-1, and maxUnavailable is 1";
    expect(outageProblems(model, callsOf(down(1), down(2), up(1), up(2)))).toEqual([problem]);
    const two = modelAfter((changed) => changed.want(withSmall({ memoryMiB: 3072 }, { maxUnavailable: 2 })));
    expect(outageProblems(two, callsOf(down(1), down(2), up(1), up(2)))).toEqual([]);
  });

  it("has the same problem where a worker's root disk was removed by hand", () => {
    const model = modelAfter((changed) => changed.damage("worker-small-1", "root"));
    model.damage("worker-small-2", "root");
    expect(outageProblems(model, callsOf(down(1), up(1), down(2), up(2)))).toEqual([]);
    expect(outageProblems(model, callsOf(down(1), down(2), up(1), up(2)))).toHaveLength(1);
  });

  it("has the same problem where an earlier run left a worker unavailable", () => {
    const model = modelAfter((changed) => changed.want(withSmall({ memoryMiB: 3072 })));
    model.stop(new Set(["worker-small-1"]), () => "down");
    expect(outageProblems(model, callsOf(up(1), down(2)))).toEqual([]);
    expect(outageProblems(model, callsOf(down(2), up(1)))).toHaveLength(1);
  });
});
