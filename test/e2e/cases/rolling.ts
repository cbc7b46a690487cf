import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

const second = process.env.NODEFORGE_SECOND_IMAGE ?? "";

/** Marker of the image of every node, from the node's own file. */
async function markers(lab: Lab): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const { name } of await lab.nodes()) {
    const image = JSON.parse(await lab.fileOn(name, "/etc/nodeforge/image.json")) as {
      builtFrom?: { marker: string };
      marker?: string;
    };
    seen[name] = image.builtFrom?.marker ?? image.marker ?? "";
  }
  return seen;
}

const bases = async (lab: Lab) =>
  (await lab.virsh("vol-list", "nodeforge-e2e")).filter((line) => line.includes("-base-"));

/** Rolls a cluster to another image and back. */
export function rolling(lab: Lab, workers: number): void {
  const names = ["master", ...Array.from({ length: workers }, (_, index) => `worker-node-${index + 1}`)];
  const all = (marker: string) => Object.fromEntries(names.map((name) => [name, marker]));

  describe("another image", () => {
    let identity: string;
    const clusterIdentity = () =>
      lab.kubectl("get", "namespace/kube-system", "configmap/kept", "-o", "jsonpath={.items[*].metadata.uid}");

    beforeAll(async () => {
      await lab.apply({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "kept", namespace: "default" },
        data: { written: "before the roll" },
      });
      identity = await clusterIdentity();
    });
    afterAll(() => lab.kubectl("delete", "configmap/kept"));

    it("is rolled out, also after the first run was killed in the middle", async () => {
      await lab.showNodes("before the roll");
      expect(await markers(lab)).toEqual(all(""));
      const before = await lab.nodes();
      // The worst moment: libvirt has created a machine, and the state lacks it.
      await lab.killed("roll", ["--image", second, "--yes"], /Domain e2e-worker-node-1 creat/, 25);
      const roll = await lab.nodeforge("roll", ["--image", second, "--yes"], 40);
      expect(roll.exitCode, roll.all).toBe(0);
      expect(roll.all).toContain("recovering it");
      await lab.showNodes("after the roll");
      expect(await lab.readyNodes()).toEqual(names);
      expect(await markers(lab)).toEqual(all("second"));
      expect(await bases(lab)).toHaveLength(1);
      // The control plane keeps its data, and every node its address.
      expect(await clusterIdentity()).toBe(identity);
      expect((await lab.nodes()).map(({ name, address }) => [name, address])).toEqual(
        before.map(({ name, address }) => [name, address]),
      );
      await lab.expectNothingToDo();
    });

    it("is rolled back", async () => {
      await lab.showNodes("before the undo");
      const undo = await lab.nodeforge("roll", ["--undo", "--yes"], 40);
      expect(undo.exitCode, undo.all).toBe(0);
      await lab.showNodes("after the undo");
      expect(await lab.readyNodes()).toEqual(names);
      expect(await markers(lab)).toEqual(all(""));
      expect(await bases(lab)).toHaveLength(1);
      expect(await clusterIdentity()).toBe(identity);
      await lab.expectNothingToDo();
    });
  });
}
