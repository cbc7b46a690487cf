import { execa } from "execa";
import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Changes settings of the components of a living cluster. No machine is replaced, and no pod ends. */
export function componentSettings(lab: Lab): void {
  const addressOf = async (role: string) => (await lab.nodes()).find((node) => node.role === role)?.address ?? "";
  const processes = (address: string) =>
    lab.ssh(address, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; true");
  const capacity = async (name: string) => lab.kubectl("get", "node", name, "-o", "jsonpath={.status.capacity.pods}");

  /** HTTP status that the scheduler's metrics answer with from outside of the node; 000 where its port is closed. */
  const metricsStatus = async (token?: string) => {
    const url = `https://${await addressOf("control-plane")}:10259/metrics`;
    // curl reads the header from its standard input, so no list of processes has the token.
    const { stdout } = await execa(
      "curl",
      [
        "--insecure",
        "--silent",
        "--max-time",
        "20",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
        "-H",
        "@-",
        url,
      ],
      { input: token === undefined ? "" : `Authorization: Bearer ${token}\n`, reject: false },
    );
    return stdout;
  };

  describe("settings of the components", () => {
    it("reach the running components, and the machines keep running", async () => {
      const boots = await lab.bootIds();
      await lab.setObject("controlPlaneArguments", { controllerManager: { "kube-api-qps": "101" } });
      await lab.setObject("workerKubelet", { maxPods: 123 });
      await lab.set("auditPolicy", "default");
      await lab.setObject("componentMetrics", ["etcd", "scheduler"]);
      await lab.up();
      expect(await processes(await addressOf("control-plane"))).toContain("--kube-api-qps=101");
      await lab.eventually("the kubelet to report its capacity", 3, async () => {
        expect(await capacity("worker-node-1")).toBe("123");
      });
      expect(await capacity("master")).toBe("110");
      expect(await lab.bootIds()).toEqual(boots);
    });

    it("open the metrics of the scheduler to the account of Prometheus only", async () => {
      const token = (await lab.kubectl("-n", "kube-system", "create", "token", "prometheus")).trim();
      expect([await metricsStatus(token), await metricsStatus()]).toEqual(["200", "403"]);
    });

    it("log requests without their bodies", async () => {
      const log = "cat /var/log/kubernetes/audit.log";
      const levels = await lab.ssh(
        await addressOf("control-plane"),
        `${log} | grep -o '"level":"[A-Za-z]*"' | sort -u`,
      );
      expect(levels.split("\n")).toEqual(['"level":"Metadata"']);
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
      await lab.pulumi("config", "rm", "auditPolicy");
      await lab.pulumi("config", "rm", "componentMetrics");
      await lab.up();
      expect(await processes(await addressOf("control-plane"))).not.toContain("--kube-api-qps=101");
      expect(await metricsStatus()).toBe("000");
      await lab.eventually("the kubelet to report its capacity", 3, async () => {
        expect(await capacity("worker-node-1")).toBe("110");
      });
    });
  });
}
