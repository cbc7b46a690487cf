import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { metricsPorts, type MeasuredComponent } from "../../../config/component-metrics.ts";
import type { Lab } from "../lab.ts";

/** Proof of a reader of metrics: a token, or a file with a certificate and its key beside the file of their CA. */
interface Reader {
  readonly token?: string;
  readonly certificate?: string;
}

/** Changes settings of the components of a living cluster. No machine is replaced, and no pod ends. */
export function componentSettings(lab: Lab): void {
  const addressOf = async (role: string) => (await lab.nodes()).find((node) => node.role === role)?.address ?? "";
  const processes = (address: string) =>
    lab.ssh(address, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; true");
  const capacity = async (name: string) => lab.kubectl("get", "node", name, "-o", "jsonpath={.status.capacity.pods}");

  /** Answer of a component's metrics to a reader outside of the node: status, text, and why curl has failed. */
  const scrape = async (component: MeasuredComponent, reader: Reader = {}) => {
    const url = `https://${await addressOf("control-plane")}:${metricsPorts[component]}/metrics`;
    const { token, certificate = "/dev/null" } = reader;
    const own = certificate === "/dev/null" ? ["--insecure"] : ["--cacert", `${certificate}.ca`, "--cert", certificate];
    // curl reads the header from its standard input, so no list of processes has the token.
    const { stdout, stderr } = await execa(
      "curl",
      [...own, "--silent", "--show-error", "--max-time", "30", "--write-out", "\n%{http_code}", "-H", "@-", url],
      { input: token === undefined ? "" : `Authorization: Bearer ${token}\n`, reject: false },
    );
    const end = stdout.lastIndexOf("\n");
    return { status: stdout.slice(end + 1), text: stdout.slice(0, end), error: stderr };
  };

  describe("settings of the components", () => {
    it("reach the running components, and the machines keep running", async () => {
      const boots = await lab.bootIds();
      await lab.setObject("controlPlaneArguments", { controllerManager: { "kube-api-qps": "101" } });
      await lab.setObject("workerKubelet", { maxPods: 123 });
      await lab.set("auditPolicy", "default");
      await lab.setObject("componentMetrics", ["controllerManager", "etcd", "scheduler"]);
      await lab.up();
      expect(await processes(await addressOf("control-plane"))).toContain("--kube-api-qps=101");
      await lab.eventually("the kubelet to report its capacity", 3, async () => {
        expect(await capacity("worker-node-1")).toBe("123");
      });
      expect(await capacity("master")).toBe("110");
      expect(await lab.bootIds()).toEqual(boots);
    });

    it.each([
      ["scheduler", /^scheduler_pending_pods\{/m],
      ["controllerManager", /^workqueue_adds_total\{/m],
    ] as const)("open the metrics of the %s to the account of Prometheus only", async (component, metric) => {
      const token = (await lab.kubectl("-n", "kube-system", "create", "token", "prometheus")).trim();
      const read = await scrape(component, { token });
      expect(read.status).toBe("200");
      expect(read.text).toMatch(metric);
      const anonymous = await scrape(component);
      expect(anonymous.status).toBe("403");
      expect(anonymous.text).not.toMatch(metric);
      expect(await scrape(component, { token: `${token}x` })).toMatchObject({ status: "401" });
    });

    it("open the metrics of etcd to a reader with its certificate only", async () => {
      const secret = await lab.kubectl("-n", "kube-system", "get", "secret", "nodeforge-etcd-metrics", "-o", "json");
      const { data } = JSON.parse(secret) as { readonly data: Readonly<Record<string, string>> };
      const file = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
      const certificate = join(lab.folder, "etcd-reader.pem");
      writeFileSync(certificate, file("tls.crt") + file("tls.key"));
      writeFileSync(`${certificate}.ca`, file("ca.crt"));
      const read = await scrape("etcd", { certificate });
      expect(read.status, read.error).toBe("200");
      expect(read.text).toMatch(/^etcd_server_has_leader 1$/m);
      const anonymous = await scrape("etcd");
      expect(anonymous).toMatchObject({ status: "000", text: "" });
      expect(anonymous.error).toMatch(/certificate required/);
    });

    it("log requests without their bodies, and leave out what the policy leaves out", async () => {
      const probe = "audit-probe";
      for (const resource of ["configmap", "lease", "event"]) {
        await lab.kubectl("-n", "default", "get", resource, probe, "--ignore-not-found");
      }
      const found = async (filter: string) =>
        lab.ssh(await addressOf("control-plane"), `cat /var/log/kubernetes/audit.log | ${filter} | sort -u`);
      expect(await found(`grep -o '"level":"[A-Za-z]*"'`)).toBe('"level":"Metadata"');
      // The name of the object tells the requests of this case from those of the cluster.
      expect(await found(`grep '"name":"${probe}"' | grep -o '"resource":"[a-z]*"'`)).toBe('"resource":"configmaps"');
      expect(await found(`grep -E -o '"resource":"(leases|events)"'`)).toBe("");
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
      for (const component of ["scheduler", "controllerManager", "etcd"] as const) {
        const { status, error } = await scrape(component);
        expect(status).toBe("000");
        expect(error).not.toMatch(/certificate/);
      }
      await lab.eventually("the kubelet to report its capacity", 3, async () => {
        expect(await capacity("worker-node-1")).toBe("110");
      });
    });
  });
}
