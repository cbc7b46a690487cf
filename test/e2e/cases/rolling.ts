import { globSync, rmSync } from "node:fs";
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

const names = (workers: number) => [
  "master",
  ...Array.from({ length: workers }, (_, index) => `worker-node-${index + 1}`),
];

/** Id of the cluster and of an object in it. Both stay when every machine is replaced. */
const contents = (lab: Lab) =>
  lab.kubectl("get", "namespace/kube-system", "configmap/kept", "-o", "jsonpath={.items[*].metadata.uid}");

/** Expects that every node is Ready and has the image of a marker, and that the pool has one base image. */
async function expectRolled(lab: Lab, workers: number, marker: string): Promise<void> {
  expect(await lab.readyNodes()).toEqual(names(workers));
  expect(await markers(lab)).toEqual(Object.fromEntries(names(workers).map((name) => [name, marker])));
  expect(await bases(lab)).toHaveLength(1);
  await lab.expectNothingToDo();
}

/** Writes an object before the cases and deletes it after them. Returns the contents at the time of writing. */
function keepAnObject(lab: Lab): { readonly before: () => string } {
  let before: string;
  beforeAll(async () => {
    await lab.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kept", namespace: "default" },
      data: { written: "before the roll" },
    });
    before = await contents(lab);
  });
  afterAll(() => lab.kubectl("delete", "configmap/kept"));
  return { before: () => before };
}

/** Backups of the cluster in this checkout. */
const backups = () => globSync("backups/e2e-*.nodeforge-backup");

/** Rolls a cluster to another image. */
export function rolling(lab: Lab, workers: number): void {
  describe("another image", () => {
    const kept = keepAnObject(lab);
    afterAll(() => {
      for (const path of backups()) rmSync(path);
    });

    it("is rolled out, also after the first run was killed in the middle", async () => {
      await lab.showNodes("before the roll");
      expect(Object.values(await markers(lab))).toEqual(names(workers).map(() => ""));
      const before = await lab.nodes();
      const earlier = backups();
      // The worst moment: libvirt has created a machine, and the state lacks it.
      await lab.killed("roll", ["--image", second, "--yes"], /worker-node-1: boot/, 25);
      const roll = await lab.nodeforge("roll", ["--image", second, "--yes"], 40);
      expect(roll.exitCode, roll.all).toBe(0);
      expect(roll.all).toContain("recovering it");
      expect(backups().filter((path) => !earlier.includes(path)).length).toBeGreaterThan(0);
      await lab.showNodes("after the roll");
      await expectRolled(lab, workers, "second");
      // The control plane keeps its data, and every node its address.
      expect(await contents(lab)).toBe(kept.before());
      expect((await lab.nodes()).map(({ name, address }) => [name, address])).toEqual(
        before.map(({ name, address }) => [name, address]),
      );
    });
  });
}

/** Rolls a cluster back after {@link rolling}. */
export function rollingBack(lab: Lab, workers: number): void {
  describe("the image before", () => {
    const kept = keepAnObject(lab);

    it("returns with --undo", async () => {
      await lab.showNodes("before the undo");
      const undo = await lab.nodeforge("roll", ["--undo", "--yes"], 40);
      expect(undo.exitCode, undo.all).toBe(0);
      await lab.showNodes("after the undo");
      await expectRolled(lab, workers, "");
      expect(await contents(lab)).toBe(kept.before());
    });
  });
}
