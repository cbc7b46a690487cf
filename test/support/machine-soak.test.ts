import { describe, expect, it } from "vitest";
import { firstSettings, MachineModel, memoryOf, nodesOf, operationsOf, type Operation } from "./machine-soak.ts";

/** Model after operations that were all possible. */
function after(...operations: readonly Operation[]): MachineModel {
  const model = new MachineModel();
  for (const operation of operations) {
    expect(model.isPossible(operation), JSON.stringify(operation)).toBe(true);
    model.perform(operation);
  }
  return model;
}

describe("the operations of a soak on real machines", () => {
  it("follow from the seed, and another seed has others", () => {
    expect(operationsOf(7, 20)).toHaveLength(20);
    expect(operationsOf(7, 20)).toEqual(operationsOf(7, 20));
    expect(operationsOf(8, 20)).not.toEqual(operationsOf(7, 20));
  });

  it("are of every kind, and no more than two lie between two runs", () => {
    const all = operationsOf(7, 400);
    expect(new Set(all.map((operation) => operation.do)).size).toBe(11);
    const isRun = ({ do: kind }: Operation) => kind === "up" || kind === "killed up";
    const apart = all.map((operation, index) => [operation, ...all.slice(index + 1, index + 3)]);
    expect(apart.slice(0, -2).filter((three) => !three.some(isRun))).toEqual([]);
  });
});

describe("the model of a soak on real machines", () => {
  it("has the nodes and the memory of the settings", () => {
    const { settings } = after({ do: "grow" }, { do: "resize workers" });
    expect(nodesOf(settings)).toEqual(["master", "worker-node-1", "worker-node-2"]);
    expect(nodesOf(settings).map((name) => memoryOf(name, settings))).toEqual([2048, 2304, 2304]);
  });

  it("goes back to the settings before a change, and only once there is one", () => {
    expect(new MachineModel().isPossible({ do: "undo" })).toBe(false);
    expect(after({ do: "grow" }, { do: "up" }, { do: "undo" }).settings).toEqual(firstSettings);
  });

  it.each<[string, readonly Operation[], readonly string[]]>([
    ["all nodes before a change", [], ["master", "worker-node-1"]],
    ["all nodes beside a new one", [{ do: "grow" }], ["master", "worker-node-1"]],
    ["the control plane beside a worker that leaves", [{ do: "shrink" }], ["master"]],
    ["the workers beside a control plane of another size", [{ do: "resize master" }], ["worker-node-1"]],
    ["the control plane beside workers of another size", [{ do: "resize workers" }], ["master"]],
    ["the control plane beside a worker that is off", [{ do: "power off", node: 1 }], ["master"]],
    ["a worker without its Node", [{ do: "delete Node", node: 1 }], ["master", "worker-node-1"]],
    ["no node of a hypervisor that restarted", [{ do: "reboot" }], []],
    ["all nodes after the next run", [{ do: "reboot" }, { do: "up" }], ["master", "worker-node-1"]],
  ])("keeps from booting: %s", (_, operations, undisturbed) => {
    expect(after(...operations).undisturbed()).toEqual(undisturbed);
  });

  it.each<[string, readonly Operation[], Operation]>([
    ["a third worker", [{ do: "grow" }], { do: "grow" }],
    ["fewer workers than none", [{ do: "shrink" }], { do: "shrink" }],
    ["the deletion of the control plane's Node", [], { do: "delete Node", node: 0 }],
    ["a second damage of a machine", [{ do: "power off", node: 1 }], { do: "remove domain", node: 1 }],
    ["a damage beside a lost Node", [{ do: "delete Node", node: 1 }], { do: "power off", node: 0 }],
    ["a lost Node without a control plane", [{ do: "power off", node: 0 }], { do: "delete Node", node: 1 }],
    ["a reboot of machines that are off", [{ do: "power off", node: 1 }], { do: "reboot" }],
    ["a kill without a machine to create", [], { do: "killed up" }],
    ["a change after a kill", [{ do: "grow" }, { do: "killed up" }], { do: "shrink" }],
    ["a second kill", [{ do: "grow" }, { do: "killed up" }], { do: "killed up" }],
  ])("leaves out %s", (_, operations, operation) => {
    expect(after(...operations).isPossible(operation)).toBe(false);
  });
});
