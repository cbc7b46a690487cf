import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

const GiB = 2 ** 30;

/** Grows the control plane's data disk by 1 GiB while the cluster runs, and tries to make it smaller again. */
export function dataDisk(lab: Lab): void {
  const key = "masterDataDiskGiB";
  const master = async () => (await lab.nodes()).find(({ name }) => name === "master")!.address;

  /** Path and size of the volume, sizes of the device and of the file system in the guest, in bytes. */
  async function sizes() {
    const [row = ""] = (await lab.virsh("domblklist", "e2e-master")).filter((line) =>
      /-data-[0-9a-f]{8}\.qcow2$/.test(line),
    );
    const path = row.split(/\s+/).at(-1) ?? "";
    const info = (await lab.virsh("vol-info", "--bytes", path)).join("\n");
    const device = 'lsblk --bytes --nodeps --noheadings --output SIZE "$(findmnt -no SOURCE /var/lib/nodeforge)"';
    const guest = await lab.ssh(await master(), `${device}; df --block-size 1 --output=size /var/lib/etcd`);
    const [inGuest = "", , fileSystem = ""] = guest.trim().split("\n");
    return {
      path,
      volume: Number(/^Capacity:\s+(\d+)/m.exec(info)?.[1]),
      device: Number(inGuest),
      fileSystem: Number(fileSystem),
    };
  }

  describe("a larger masterDataDiskGiB", () => {
    it("grows the disk and its file system while the machine runs, and every object stays", async () => {
      const [boots, before] = [await lab.bootIds(), await sizes()];
      expect(before.volume).toBe(before.device);
      await lab.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "grown" }, data: { note: "kept" } });
      const from = before.volume / GiB;
      await lab.set(key, String(from + 1));
      expect(await lab.announced()).toEqual(["create Command e2e-master-data-growth"]);

      const up = await lab.up();
      expect(up.all).toContain(`the control plane's data disk grows from ${from} to ${from + 1} GiB`);
      const after = await sizes();
      expect([after.path, after.volume, after.device]).toEqual([before.path, (from + 1) * GiB, (from + 1) * GiB]);
      // ext4 keeps a part of each gibibyte for its own tables.
      expect(after.fileSystem - before.fileSystem).toBeGreaterThan(0.9 * GiB);
      expect(after.fileSystem - before.fileSystem).toBeLessThanOrEqual(GiB);
      expect(await lab.kubectl("get", "configmap", "grown", "-o", "jsonpath={.data.note}")).toBe("kept");
      expect(await lab.bootIds()).toEqual(boots);
      expect(await lab.readyNodes()).toEqual(Object.keys(boots).sort());
      // Also after a refresh, which writes the new size to the state.
      await lab.eventually("a preview without a change", 10, () => lab.expectNothingToDo());
    });

    it("cannot be taken back, and the refusal changes nothing", async () => {
      const before = await sizes();
      const size = before.volume / GiB;
      await lab.set(key, String(size - 1));
      const preview = await lab.nodeforge("preview", [], 10);
      expect(preview.exitCode).not.toBe(0);
      expect(preview.all).toContain(
        `${key} is ${size - 1}, but the control plane's data disk has ${size} GiB and cannot shrink.`,
      );
      await lab.set(key, String(size));
      expect(await sizes()).toEqual(before);
    });
  });
}
