import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Searches seed disks, the state and all output for secrets, and tries to misuse a join token. */
export function secrets(lab: Lab): void {
  describe("secrets", () => {
    it("are on no seed disk", async () => {
      const seeds = (await lab.virsh("vol-list", "nodeforge-e2e")).filter((line) => line.includes("-seed-"));
      expect(seeds).toHaveLength(3);
      const texts = await lab.onEveryNode(
        "tr -d '\\000' </dev/vdb | grep -aciE 'PRIVATE KEY|[a-z0-9]{6}\\.[a-z0-9]{16}' || true",
      );
      expect(texts).toEqual(["0", "0", "0"]);
    });

    it("are encrypted in the state, and missing in all output", async () => {
      const kubeconfig = await lab.pulumi("stack", "output", "kubeconfig", "--show-secrets");
      const clientKey = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
      expect(clientKey.length).toBeGreaterThan(100);
      for (const text of [lab.state(), ...lab.printed]) {
        expect(text).not.toContain(clientKey);
        expect(text).not.toMatch(/PRIVATE KEY-----/);
        expect(text).not.toMatch(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/);
      }
    });

    it("for joining certify no other node, and no node twice", async () => {
      const script = String.raw`
        set -euo pipefail
        export KUBECONFIG=/etc/kubernetes/admin.conf
        token=$(kubeadm token create --ttl 5m --description "nodeforge: test")
        folder=$(mktemp -d)
        trap 'kubeadm token delete "$token" >/dev/null; kubectl delete csr stranger --ignore-not-found >/dev/null; rm -r "$folder"' EXIT
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/key" -out "$folder/csr"           -subj /O=system:nodes/CN=system:node:master 2>/dev/null
        kubectl --kubeconfig /dev/null --server "https://$1:6443" --certificate-authority /etc/kubernetes/pki/ca.crt           --token "$token" create -f - >/dev/null <<REQUEST
        {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "stranger"},
         "spec": {"signerName": "kubernetes.io/kube-apiserver-client-kubelet", "request": "$(base64 -w 0 "$folder/csr")",
                  "usages": ["digital signature", "client auth"]}}
        REQUEST
        sleep 20
        kubectl get csr stranger -o 'jsonpath=requested by {.spec.username}, conditions:{.status.conditions[*].type}'
      `.replaceAll(/^ {8}/gm, "");
      const [master] = await lab.nodes();
      const asked = await lab.ssh(master!.address, `bash -s ${master!.address} <<'SCRIPT'\n${script}\nSCRIPT`);
      expect(asked).toMatch(/^requested by system:bootstrap:[a-z0-9]{6}, conditions:$/);
      const issued = await lab.kubectl("get", "csr", "--no-headers");
      for (const line of issued.split("\n").filter((line) => line.includes("system:bootstrap:")))
        expect(line).toMatch(/Approved,Issued$/);
      const units = "nodeforge-approve-joins.path nodeforge-approve-joins.service";
      const states = await lab.ssh(master!.address, `systemctl show --property ActiveState --value ${units}`);
      expect(states.split(/\n+/)).toEqual(["active", "inactive"]);
      expect(await lab.ssh(master!.address, "ls /etc/kubernetes/nodeforge-joins")).toBe("");
    });

    it("for joining are revoked", async () => {
      const filter = "--field-selector=type=bootstrap.kubernetes.io/token";
      expect(await lab.kubectl("-n", "kube-system", "get", "secrets", filter, "-o", "name")).toBe("");
    });
  });
}
