import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Destroys the cluster, and expects that the hypervisor is empty. */
export function destruction(lab: Lab): void {
  describe("destroy", () => {
    it("leaves no domain, volume, pool, network or file", async () => {
      const destroy = await lab.nodeforge("destroy", ["--yes"], 10);
      expect(destroy.exitCode, destroy.all).toBe(0);
      for (const list of [
        ["list", "--all", "--name"],
        ["pool-list", "--all", "--name"],
        ["net-list", "--all", "--name"],
      ]) {
        expect(await lab.virsh(...list), list.join(" ")).toEqual([]);
      }
      expect(readFileSync(lab.kubeconfig, "utf8")).not.toContain("e2e");
      expect(readdirSync("/var/lib/libvirt").filter((name) => name.startsWith("nodeforge"))).toEqual([]);
    });
  });
}
