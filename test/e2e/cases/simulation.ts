import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Labels of the Nodes that a pod of the case may run on. */
const nodeSelector = { "nodeforge.local/pool": "fake" };
const tolerations = [{ key: "kwok.x-k8s.io/node", operator: "Exists" }];

/** Adds a number of simulated nodes, schedules pods on them, and removes them. */
export function simulation(lab: Lab, count: number): void {
  /** Names of the simulated Nodes according to kubectl. */
  const simulated = async () =>
    (await lab.kubectl("get", "nodes", "-l", "nodeforge.local/simulated", "-o", "name")).split("\n").filter(Boolean);

  describe(`${count} simulated nodes`, () => {
    it("become Ready beside the real nodes, by one step, and up counts them", async () => {
      const real = await lab.readyNodes();
      await lab.setObject("simulatedNodes", [{ name: "fake", count }]);
      const up = await lab.up();
      expect(up.all).toContain(`simulated nodes: ${count} in pool fake`);
      expect(up.all).toContain(`${count} simulated nodes are Ready`);
      const ready = await lab.readyNodes();
      expect(ready.filter((name) => name.startsWith("fake-"))).toHaveLength(count);
      expect(ready.filter((name) => !name.startsWith("fake-"))).toEqual(real);
      expect((await lab.nodes()).map(({ name }) => name).sort()).toEqual(real);
    });

    it("run a pod that tolerates them, and no other pod", async () => {
      const pod = (name: string, spec: object) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: { containers: [{ name: "c", image: "none" }], nodeSelector, ...spec },
      });
      await lab.apply({ apiVersion: "v1", kind: "List", items: [pod("tolerant", { tolerations }), pod("other", {})] });
      await lab.kubectl("wait", "pod/tolerant", "--for=condition=Ready", "--timeout=120s");
      const pods = await lab.kubectl("get", "pods", "-A", "-o", "jsonpath={.items[*].spec.nodeName}");
      expect(pods.split(" ").filter((node) => node.startsWith("fake-"))).toHaveLength(1);
      const placement = "jsonpath={.spec.nodeName}|{.status.conditions[0].reason}|{.status.conditions[0].message}";
      const other = await lab.kubectl("get", "pod", "other", "-o", placement);
      expect(other).toMatch(/^\|Unschedulable\|.*untolerated taint/);
      await lab.kubectl("delete", "pod", "tolerant", "other", "--timeout=120s");
    });

    it("are deleted with the key, and the real nodes stay Ready", async () => {
      const real = (await lab.nodes()).map(({ name }) => name).sort();
      await lab.pulumi("config", "rm", "simulatedNodes");
      await lab.up();
      expect(await lab.readyNodes()).toEqual(real);
      expect(await simulated()).toEqual([]);
      await lab.expectNothingToDo();
    });
  });
}
