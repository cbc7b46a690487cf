import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Where secrets are not. */
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

    it("are in the state in no readable form, nor in anything that was printed", async () => {
      const kubeconfig = await lab.pulumi("stack", "output", "kubeconfig", "--show-secrets");
      const clientKey = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
      expect(clientKey.length).toBeGreaterThan(100);
      for (const text of [lab.state(), ...lab.printed]) {
        expect(text).not.toContain(clientKey);
        expect(text).not.toMatch(/PRIVATE KEY-----/);
        expect(text).not.toMatch(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/);
      }
    });

    it("of joining are revoked", async () => {
      const filter = "--field-selector=type=bootstrap.kubernetes.io/token";
      expect(await lab.kubectl("-n", "kube-system", "get", "secrets", filter, "-o", "name")).toBe("");
    });
  });
}
