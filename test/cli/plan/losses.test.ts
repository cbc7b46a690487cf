import { describe, expect, test } from "vitest";
import { changedNodes } from "../../../cli/plan/changed-nodes.ts";
import { lossesOf } from "../../../cli/plan/losses.ts";
import { readPlan } from "../../../cli/plan/planned.ts";
import { podsOn } from "../../../cli/plan/pods.ts";
import { eventLog, recordedPlan, step } from "./recorded-plan.ts";

function losses(events: string) {
  const plan = readPlan(events);
  return lossesOf(plan, changedNodes(plan));
}

describe("the losses of a plan", () => {
  test("are the drained worker and the disks of its machine", () => {
    expect(losses(recordedPlan("shrink"))).toEqual({
      drained: ["worker-node-2"],
      volumes: [
        {
          volume: expect.stringMatching(/^lab-worker-node-2-seed-[0-9a-f]{12}-[0-9a-f]{8}\.iso$/) as string,
          what: "seed disk",
        },
        { volume: expect.stringMatching(/^lab-worker-node-2-root-/) as string, what: "root disk" },
      ],
    });
  });

  test("are the root disks and the old image in a rollout, and neither data disk nor seed disks", () => {
    const { drained, volumes } = losses(recordedPlan("replace-and-grow"));
    expect(drained).toEqual(["worker-node-1", "worker-node-2"]);
    expect((volumes as readonly { what: string }[]).map(({ what }) => what)).toEqual([
      "root disk",
      "root disk",
      "root disk",
      "base image",
    ]);
  });

  test("are none where a machine only starts", () => {
    expect(losses(recordedPlan("stopped"))).toEqual({ drained: [], volumes: [] });
  });

  test("name the data of the control plane", () => {
    const data = step("delete", "master", "libvirt:index/volume:Volume", "lab-master-data", {
      before: { name: "d.qcow2" },
    });
    expect(losses(eventLog(step("same", "cluster", "", "lab"), data)).volumes).toEqual([
      { volume: "d.qcow2", what: "control plane's data" },
    ]);
  });
});

describe("the pods of drained nodes", () => {
  const pod = (name: string, nodeName: string, kind?: string, more: object = {}) => ({
    metadata: {
      namespace: "default",
      name,
      ...(kind === undefined ? {} : { ownerReferences: [{ kind, controller: true }] }),
    },
    spec: { nodeName, ...more },
    status: { phase: "Running" },
  });
  const pods = JSON.stringify({
    items: [
      pod("web", "one", "ReplicaSet", { volumes: [{ name: "cache", emptyDir: {} }] }),
      pod("alone", "one"),
      pod("agent", "one", "DaemonSet", { volumes: [{ emptyDir: {} }] }),
      pod("static", "one", "Node"),
      { ...pod("done", "one", "Job"), status: { phase: "Succeeded" } },
      pod("elsewhere", "two"),
    ],
  });
  const volume = (name: string, spec: object, ...hosts: readonly string[]) => ({
    metadata: { name },
    spec: {
      ...spec,
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", values: hosts }] }] },
      },
    },
  });
  const volumes = JSON.stringify({
    items: [
      volume("local", { local: {} }, "one"),
      volume("both", { local: {} }, "one", "two"),
      volume("remote", { nfs: {} }, "one"),
    ],
  });

  test("are those that the drain evicts, with what is lost", () => {
    expect(podsOn(["one"], pods, volumes)).toEqual([
      {
        node: "one",
        evicted: 2,
        unmanaged: ["default/alone"],
        scratch: ["default/web"],
        localVolumes: ["local"],
      },
    ]);
  });

  test("are none on a node without pods", () => {
    expect(podsOn(["three"], pods, volumes)).toEqual([
      { node: "three", evicted: 0, unmanaged: [], scratch: [], localVolumes: [] },
    ]);
  });
});
