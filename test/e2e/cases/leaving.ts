import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";
import { hold, holders } from "./held.ts";
import { expectOneWorker } from "./one-worker.ts";

/** Removes the last of `from` workers: first against a budget, then without it. */
export function leaving(lab: Lab, from: number): void {
  const name = `worker-node-${from}`;
  const others = ["master", ...Array.from({ length: from - 1 }, (_, index) => `worker-node-${index + 1}`)];

  describe("a worker that the configuration removes while a budget protects a pod on it", () => {
    beforeAll(() => hold(lab, name));

    it("stays, and the error names the pod and the budget", async () => {
      await lab.set("drainTimeoutMinutes", "1");
      await lab.set("workers", String(from - 1));
      expectOneWorker(await lab.announced(), "delete", name);
      const refused = await lab.npm("up", 10);
      expect(refused.exitCode, refused.all).toBe(1);
      expect(refused.all).toContain(`delete   machine e2e-${name}\n`);
      expect(refused.all).toContain("To agree: npm run up -- --stack e2e --yes");
      const up = await lab.nodeforge("up", ["--yes"], 20);
      expect(up.exitCode).not.toBe(0);
      expect(up.all).toContain(`${name} could not be drained, and stays`);
      expect(up.all).toMatch(holders);
      // The diagnosis names the same cause, and the folder with the evidence.
      expect(up.all).toMatch(/Most likely: A PodDisruptionBudget or an unmanaged pod/);
      expect(up.all).toMatch(/Everything that was collected: .*runs\//);
      expect(await lab.readyNodes()).toContain(name);
      const cordoned = await lab.kubectl("get", "node", name, "-o", "jsonpath={.spec.unschedulable}");
      expect(cordoned).toBe("");
      expect(await lab.virsh("list", "--name")).toContain(`e2e-${name}`);
    });

    it("is removed without the budget: Node, domain, volumes, lease and reservation; the others keep running", async () => {
      await lab.kubectl("delete", "poddisruptionbudget/held");
      await lab.showNodes(`before shrinking to ${from - 1}`);
      const boots = await lab.bootIds(others);
      await lab.up();
      await lab.showNodes(`after shrinking to ${from - 1}`);
      expect(await lab.readyNodes()).toEqual(others);
      expect(await lab.bootIds()).toEqual(boots);
      expect((await lab.virsh("list", "--all", "--name")).filter((domain) => domain.includes(name))).toEqual([]);
      expect((await lab.virsh("vol-list", "nodeforge-e2e")).filter((volume) => volume.includes(name))).toEqual([]);
      const leases = await lab.virsh("net-dhcp-leases", "scheduler_benchmark_net");
      expect(leases.filter((lease) => lease.includes(name))).toEqual([]);
      const reservations = await lab.virsh("net-dumpxml", "scheduler_benchmark_net");
      const reserved = reservations.flatMap((line) => /<host .*name='([^']*)'/.exec(line)?.[1] ?? []);
      expect(reserved.sort()).toEqual(others);
      await lab.kubectl("delete", "deployment/held");
    });
  });
}
