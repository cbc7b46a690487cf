import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Runs again, and expects no change. */
export function secondRun(lab: Lab): void {
  describe("a second run", () => {
    it("of preview announces no change, also after a refresh from libvirt and Kubernetes", async () => {
      const plain = await lab.nodeforge("preview", ["--expect-no-changes"], 5);
      expect(plain.exitCode, plain.all).toBe(0);
      const refreshed = await lab.nodeforge("preview", ["--refresh", "--expect-no-changes"], 10);
      expect(refreshed.exitCode, refreshed.all).toBe(0);
    });

    it("of up changes nothing and prints the node table again", async () => {
      const up = await lab.nodeforge("up", ["--yes", "--expect-no-changes"], 5);
      expect(up.exitCode, up.all).toBe(0);
      expect(up.all).not.toMatch(/was stopped|resuming|starting it/);
      for (const { name, address } of await lab.nodes()) expect(up.all).toMatch(new RegExp(`${name}.*${address}`));
    });
  });
}
