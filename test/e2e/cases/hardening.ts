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

/**
 * Asks for serving certificates of a worker, and prints each request with its conditions. One is for another address, one is of a
 * user that is no node, and one is as the worker's kubelet asks. Parameters: name and address of the worker, another address.
 */
const requests = String.raw`
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
folder=$(mktemp -d)
names="test-address test-user test-kubelet"
# The next run forgets the reasons.
trap 'kubectl delete csr $names --ignore-not-found >/dev/null; systemctl start nodeforge-approve-kubelets; rm -r "$folder"' EXIT
worker=$1
# ask NAME ADDRESS OPTION...: creates a request with options of kubectl.
ask() {
  local name=$1 address=$2
  shift 2
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/key" -out "$folder/csr" \
    -subj "/O=system:nodes/CN=system:node:$worker" -addext "subjectAltName=DNS:$worker,IP:$address" 2>/dev/null
  kubectl create "$@" -f - >/dev/null <<REQUEST
{"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "$name"},
 "spec": {"signerName": "kubernetes.io/kubelet-serving", "request": "$(base64 -w 0 "$folder/csr")",
          "usages": ["digital signature", "server auth"]}}
REQUEST
}
ask test-address "$3" --as "system:node:$worker" --as-group system:nodes
ask test-user "$2"
ask test-kubelet "$2" --as "system:node:$worker" --as-group system:nodes
systemctl start nodeforge-approve-kubelets
kubectl get csr $names -o 'jsonpath={range .items[*]}{.metadata.name}:{.status.conditions[*].type}{"\n"}{end}'
sed 's/ is not approved: .*/ is not approved/' /run/nodeforge-kubelets.refused
`;

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

    it("has kubelets whose certificates are of its CA, for their names and addresses", async () => {
      const [master, ...others] = await lab.nodes();
      for (const { name, address } of [master!, ...others]) {
        const verified = await lab.ssh(
          master!.address,
          `openssl s_client -connect ${address}:10250 -CAfile /etc/kubernetes/pki/ca.crt -verify_return_error ` +
            `-verify_hostname ${name} -verify_ip ${address} </dev/null 2>&1`,
        );
        expect(verified, name).toContain("Verify return code: 0 (ok)");
      }
    });

    it("shows logs and runs commands in pods of every worker", async () => {
      const jsonpath = "{range .items[*]}{.metadata.name} {end}";
      const pods = (await lab.kubectl("-n", "nodeforge-smoke", "get", "pods", "-o", `jsonpath=${jsonpath}`)).split(" ");
      const names = pods.filter(Boolean);
      expect(names).toHaveLength((await lab.nodes()).length - 1);
      for (const pod of names) {
        await lab.kubectl("-n", "nodeforge-smoke", "logs", pod);
        expect(await lab.kubectl("-n", "nodeforge-smoke", "exec", pod, "--", "hostname")).toBe(pod);
      }
    });

    it("approves a serving certificate only for the name and the address of a node, and names the other requests", async () => {
      const [master, worker] = await lab.nodes();
      const parameters = `${worker!.name} ${worker!.address} ${master!.address}`;
      const found = await lab.ssh(master!.address, `bash -s ${parameters} <<'SCRIPT'\n${requests}\nSCRIPT`);
      const lines = found.trim().split("\n");
      expect(lines.filter((line) => line.includes(":"))).toEqual([
        ...["test-address:", "test-user:"],
        expect.stringMatching(/^test-kubelet:Approved/),
      ]);
      expect(lines.filter((line) => line.includes("test-") && line.endsWith(" is not approved"))).toEqual([
        "test-address is not approved",
        "test-user is not approved",
      ]);
    });

    it("decides later requests with a timer that each boot starts", async () => {
      const [master] = await lab.nodes();
      const timer = "nodeforge-approve-kubelets.timer";
      const state = await lab.ssh(
        master!.address,
        `systemctl is-active ${timer}; systemctl show timers.target --property Wants --value | tr ' ' '\\n' | grep -cxF ${timer}`,
      );
      expect(state.split("\n")).toEqual(["active", "1"]);
    });
  });
}
