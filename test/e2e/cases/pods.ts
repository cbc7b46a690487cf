import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Runs pods on a cluster of two workers. */
export function pods(lab: Lab): void {
  const workers = ["worker-node-1", "worker-node-2"];
  describe("pods", () => {
    const pod = (worker: string) => `probe-${worker}`;

    beforeAll(async () => {
      for (const worker of workers) {
        const overrides = { spec: { nodeName: worker, terminationGracePeriodSeconds: 1 } };
        await lab.kubectl(
          "run",
          pod(worker),
          "--image=nodeforge.local/smoke:1",
          "--image-pull-policy=Never",
          `--overrides=${JSON.stringify(overrides)}`,
          "--command",
          "--",
          "sh",
          "-c",
          `echo hello from ${worker}; cd /tmp && echo ${worker} >index.html && exec httpd -f -p 8080`,
        );
      }
      await lab.kubectl("wait", "pods", ...workers.map(pod), "--for=condition=Ready", "--timeout=240s");
      await lab.kubectl("expose", "pod", pod("worker-node-2"), "--name=probe", "--port=8080");
    });

    // An unmanaged pod blocks the drain of its node.
    afterAll(() => lab.kubectl("delete", "service/probe", ...workers.map((worker) => `pod/${pod(worker)}`)));

    it("reach each other across nodes, by address and by service name", async () => {
      const address = await lab.kubectl("get", "pod", pod("worker-node-2"), "-o", "jsonpath={.status.podIP}");
      const fetch = (host: string) =>
        lab.kubectl("exec", pod("worker-node-1"), "--", "wget", "-q", "-T", "20", "-O-", `http://${host}:8080/`);
      expect(await fetch(address)).toBe("worker-node-2");
      expect(await fetch("probe.default.svc.cluster.local")).toBe("worker-node-2");
    });

    it.each(workers)("on %s answer to kubectl logs and kubectl exec", async (worker) => {
      expect(await lab.kubectl("logs", pod(worker))).toBe(`hello from ${worker}`);
      expect(await lab.kubectl("exec", pod(worker), "--", "hostname")).toBe(pod(worker));
    });

    it("of the smoke check run on every worker and on no other node", async () => {
      const jsonpath = "{.items[*].spec.nodeName}";
      const seen = await lab.kubectl("-n", "nodeforge-smoke", "get", "pods", "-o", `jsonpath=${jsonpath}`);
      expect(seen.split(" ").sort()).toEqual(workers);
    });
  });
}
