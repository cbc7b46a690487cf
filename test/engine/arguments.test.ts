import { describe, expect, it } from "vitest";
import { cluster } from "./names.ts";
import { shareStack } from "./shared-stack.ts";
import type { TestStack } from "./stack.ts";

describe("settings of the components", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    const up = await stack.up({ workers: 1 });
    expect(up.succeeded, up.text).toBe(true);
    expect(up.calls.of("create")).toEqual(cluster(1));
  });

  /** Changes the settings. Expects success and nothing left to change, and returns the operations. */
  async function change(settings: object) {
    const up = await stack.up({ workers: 1, ...settings });
    expect(up.succeeded, up.text).toBe(true);
    const again = await stack.preview();
    expect([again.steps, again.calls.list]).toEqual([[], []]);
    return [...up.calls.list].sort();
  }

  it("change only the step of the control plane, also when they are removed", async () => {
    const controlPlaneArguments = { controllerManager: { "kube-api-qps": "500" }, apiServer: { v: 2 } };
    expect(await change({ controlPlaneArguments })).toEqual(["update Command master-init"]);
    expect(await change({ controlPlaneArguments: {} })).toEqual(["update Command master-init"]);
  });

  it("with an audit policy change only the step of the control plane, too", async () => {
    expect(await change({ auditPolicy: "default" })).toEqual(["update Command master-init"]);
    expect(await change({ auditPolicy: "" })).toEqual(["update Command master-init"]);
  });

  it("with feature gates change the step of each node, and replace nothing", async () => {
    expect(await change({ featureGates: { AllAlpha: false } })).toEqual([
      "update Command master-init",
      "update Command worker-node-1-join",
    ]);
  });

  it("of the kubelets of one pool change only the steps of its workers", async () => {
    expect(await change({ workerKubelet: { maxPods: 200, kubeReserved: { cpu: "500m" } } })).toEqual([
      "update Command worker-node-1-join",
    ]);
    expect(await change({ workerKubelet: {} })).toEqual(["update Command worker-node-1-join"]);
  });

  it("that nodeforge needs are refused before anything changes", async () => {
    const { succeeded, text, calls } = await stack.up({
      workers: 1,
      controlPlaneArguments: { etcd: { "data-dir": "/tmp" } },
      featureGates: { allAlpha: true },
    });
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text).toContain(
      "nodeforge:controlPlaneArguments.etcd.data-dir: expected no value, because the cluster's data would be lost",
    );
    expect(text).toContain("nodeforge:featureGates.allAlpha: expected the name of a feature gate");
  });
});
