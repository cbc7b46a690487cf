import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Waits until a preview shows no change, because pods start after their node is Ready. */
const settles = (lab: Lab) => lab.eventually("a preview without a change", 10, () => lab.expectNothingToDo());

/** Changes a cluster of one worker by hand, and expects that the next `up` repairs it. */
export function drift(lab: Lab): void {
  describe("a cluster that was changed by hand", () => {
    it("has a stopped machine, which up starts", async () => {
      const boots = await lab.bootIds(["master"]);
      await lab.virsh("destroy", "e2e-worker-node-1");
      const refresh = await lab.nodeforge("refresh", ["--yes"], 10);
      expect(refresh.all).toMatch(/Domain e2e-worker-node-1 updated .*running/);
      expect(await lab.announced()).toContain("update Domain e2e-worker-node-1");
      await lab.up();
      expect(await lab.readyNodes()).toEqual(["master", "worker-node-1"]);
      expect(await lab.bootIds()).toMatchObject(boots);
      await settles(lab);
    });

    it("has a worker without a Node, which up lets join again", async () => {
      const boots = await lab.bootIds();
      await lab.kubectl("delete", "node", "worker-node-1");
      expect(await lab.announced()).toContain("replace Command e2e-worker-node-1-join");
      await lab.up();
      expect(await lab.readyNodes()).toEqual(["master", "worker-node-1"]);
      // Only the membership is new: the machine was not touched.
      expect(await lab.bootIds()).toEqual(boots);
      await settles(lab);
    });
  });

  describe("a hypervisor that was off", () => {
    it("starts every machine, and every node becomes Ready without a run", async () => {
      const boots = await lab.bootIds();
      const domains = await lab.virsh("list", "--name");
      expect(domains).toHaveLength(2);
      for (const domain of domains) await lab.virsh("destroy", domain);
      for (const domain of domains) await lab.virsh("start", domain);
      await lab.eventually("every machine to have booted and every node to be Ready", 15, async () => {
        const now = await lab.bootIds();
        expect(Object.entries(now).filter(([name, id]) => boots[name] === id)).toEqual([]);
        expect(await lab.readyNodes()).toEqual(["master", "worker-node-1"]);
      });
      await settles(lab);
    });
  });
}
