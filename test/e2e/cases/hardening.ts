import { once } from "node:events";
import { get, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Status code of the API server's answer to a client without an identity. */
async function statusOf(host: string, path: string): Promise<number | undefined> {
  // The test trusts the address, because its network has no other machine.
  const options: RequestOptions = { host, port: 6443, path, rejectUnauthorized: false, agent: false, timeout: 60_000 };
  const [answer] = (await once(get(options), "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

/** Checks the cluster against the list of docs/security.md, and what a client without an identity may read. */
export function hardening(lab: Lab): void {
  describe("a hardened cluster", () => {
    it("passes each check of npm run cis that docs/security.md calls passed", async () => {
      const cis = await lab.nodeforge("cis", [], 5);
      expect(cis.exitCode, cis.all).toBe(0);
      expect(cis.stdout).toMatch(/^\d+ of \d+ checks pass, \d+ fail as docs\/security\.md says, 0 fail unexpectedly$/m);
    });

    it("answers a client without an identity only about its health and its CA", async () => {
      const [master] = await lab.nodes();
      const paths = ["/livez", "/api/v1/namespaces/kube-public/configmaps/cluster-info", "/version", "/api"];
      expect(await Promise.all(paths.map((path) => statusOf(master!.address, path)))).toEqual([200, 200, 401, 401]);
    });

    it("stores each secret encrypted", async () => {
      const [master] = await lab.nodes();
      const text = "clear-text-of-the-test";
      await lab.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "sealed" }, stringData: { text } });
      const found = await lab.ssh(
        master!.address,
        `grep -rlaE '${text}|${Buffer.from(text).toString("base64")}' /var/lib/etcd | wc -l; ` +
          "grep -rla k8s:enc:secretbox /var/lib/etcd | wc -l",
      );
      const [clear, sealed] = found.split("\n").map(Number);
      expect(clear).toBe(0);
      expect(sealed).toBeGreaterThan(0);
      expect(await lab.kubectl("get", "secret", "sealed", "-o", "jsonpath={.data.text}")).toBe(
        Buffer.from(text).toString("base64"),
      );
      await lab.kubectl("delete", "secret", "sealed");
    });
  });
}
