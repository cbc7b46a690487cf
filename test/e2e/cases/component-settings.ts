import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Changes settings of the components of a living cluster. No machine is replaced, and no pod ends. */
export function componentSettings(lab: Lab): void {
  const addressOf = async (role: string) => (await lab.nodes()).find((node) => node.role === role)?.address ?? "";
  const processes = (address: string) =>
    lab.ssh(address, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; true");
  const capacity = async (name: string) => lab.kubectl("get", "node", name, "-o", "jsonpath={.status.capacity.pods}");

  describe("settings of the components", () => {
    it("reach the running components, and the machines keep running", async () => {
      const boots = await lab.bootIds();
      await lab.setObject("controlPlaneArguments", { controllerManager: { "kube-api-qps": "101" } });
      await lab.setObject("workerKubelet", { maxPods: 123 });
      await lab.up();
      expect(await processes(await addressOf("control-plane"))).toContain("--kube-api-qps=101");
      await lab.eventually("the kubelet to report its capacity", 3, async () => {
        expect(await capacity("worker-node-1")).toBe("123");
      });
      expect(await capacity("master")).toBe("110");
      expect(await lab.bootIds()).toEqual(boots);
    });

    it("that a component does not know are taken back, and up names them", async () => {
      await lab.setObject("controlPlaneArguments", { controllerManager: { "no-such-flag": "1" } });
      const up = await lab.nodeforge("up", ["--yes"], 15);
      expect(up.exitCode, up.all).not.toBe(0);
      expect(up.all).toMatch(/kube-controller-manager does not run with .*--no-such-flag=1.*runs again as before/);
      expect(await processes(await addressOf("control-plane"))).toContain("--kube-api-qps=101");
    });

    it("are gone with their keys", async () => {
      await lab.pulumi("config", "rm", "controlPlaneArguments");
      await lab.pulumi("config", "rm", "workerKubelet");
      await lab.up();
      expect(await processes(await addressOf("control-plane"))).not.toContain("--kube-api-qps=101");
      await lab.eventually("the kubelet to report its capacity", 3, async () => {
        expect(await capacity("worker-node-1")).toBe("110");
      });
    });
  });
}
