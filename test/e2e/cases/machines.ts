import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** Reaches nodes by name, brings the cluster back to a snapshot, and stops and starts it. */
export function machines(lab: Lab): void {
  const configMaps = async () => {
    const names = await lab.kubectl("get", "configmaps", "--selector", "test=snapshot", "-o", "name");
    return names.split("\n").filter(Boolean);
  };
  const note = (name: string) =>
    lab.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { test: "snapshot" } } });
  // virsh lists running machines in the order of their starts.
  const domains = async (...states: readonly string[]) => (await lab.virsh("list", ...states, "--name")).sort();

  describe("npm run ssh", () => {
    it("runs a command on a node, and ends with its exit code", async () => {
      const ended = await lab.nodeforge("ssh", ["worker-node-1", "--", "hostname;", "exit", "3"], 3);
      expect([ended.stdout.trim().split("\n").at(-1), ended.exitCode]).toEqual(["worker-node-1", 3]);
    });

    it("refuses a node that the cluster does not have, and names the others", async () => {
      const ended = await lab.nodeforge("ssh", ["worker-node-9", "true"], 3);
      expect(ended.exitCode).toBe(1);
      expect(ended.all).toContain('has no node "worker-node-9", it has master, worker-node-1');
    });
  });

  describe("npm run logs", () => {
    it("prints the last lines of a unit of a node", async () => {
      const ended = await lab.nodeforge("logs", ["master", "kubelet", "--lines", "4"], 3);
      expect(ended.exitCode, ended.all).toBe(0);
      expect(ended.stdout.split("\n").filter((line) => / master kubelet\[\d+\]: /.test(line))).toHaveLength(4);
    });
  });

  describe("npm run revert", () => {
    it("brings every machine back to the snapshot, without a reboot", async () => {
      const boots = await lab.bootIds();
      await note("before");
      const taken = await lab.nodeforge("snapshot", ["first"], 10);
      expect(taken.exitCode, taken.all).toBe(0);
      await note("after");
      expect(await configMaps()).toEqual(["configmap/after", "configmap/before"]);

      const reverted = await lab.nodeforge("revert", ["first", "--yes", "--timeout", "20"], 30);
      expect(reverted.exitCode, reverted.all).toBe(0);
      expect(await configMaps()).toEqual(["configmap/before"]);
      expect(await lab.bootIds()).toEqual(boots);
      expect(await lab.readyNodes()).toEqual(Object.keys(boots).sort());

      const deleted = await lab.nodeforge("snapshot", ["delete", "first"], 10);
      expect(deleted.exitCode, deleted.all).toBe(0);
      const list = await lab.nodeforge("snapshot", ["list", "--json"], 3);
      expect(JSON.parse(list.stdout)).toEqual([]);
    });
  });

  describe("npm run start", () => {
    it("continues machines that npm run stop has saved", async () => {
      const boots = await lab.bootIds();
      const running = await domains("--state-running");
      const stopped = await lab.nodeforge("stop", [], 15);
      expect(stopped.exitCode, stopped.all).toBe(0);
      expect(await domains("--state-running")).toEqual([]);
      expect(await domains("--inactive", "--with-managed-save")).toEqual(running);

      const started = await lab.nodeforge("start", ["--timeout", "20"], 30);
      expect(started.exitCode, started.all).toBe(0);
      expect(await domains("--state-running")).toEqual(running);
      expect(await lab.readyNodes()).toEqual(Object.keys(boots).sort());
      expect(await lab.bootIds()).toEqual(boots);
    });
  });
}
