import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";
import { expectOneWorker } from "./one-worker.ts";

/** Adds one worker, and expects that nothing else changes. */
export function growth(lab: Lab, from: number): void {
  const name = `worker-node-${from + 1}`;

  describe(`a cluster that grows from ${from} to ${from + 1} workers`, () => {
    it(`gets ${name}, as the preview announces, and the others keep running`, async () => {
      await lab.showNodes(`before growing to ${from + 1}`);
      const [boots, pods] = [await lab.bootIds(), await lab.containersOn("worker-node-1")];
      await lab.set("workers", String(from + 1));
      expectOneWorker(await lab.announced(), "create", name);

      // A plan that only creates asks no question.
      const up = await lab.npm("up", 40);
      expect(up.exitCode, up.all).toBe(0);
      await lab.showNodes(`after growing to ${from + 1}`);
      expect(await lab.readyNodes()).toEqual([...Object.keys(boots), name].sort());
      expect(await lab.bootIds()).toMatchObject(boots);
      // The pods of the other worker still run, and did not restart.
      expect(await lab.containersOn("worker-node-1")).toEqual(expect.arrayContaining(pods));
    });
  });
}
