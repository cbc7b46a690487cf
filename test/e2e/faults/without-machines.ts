import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, createReadStream, mkdirSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { manifestPlace } from "../../../image/manifest.ts";
import { Lab, type Ended } from "../lab.ts";
import { during } from "./during.ts";
import { shown, type FaultTable } from "./fault-table.ts";
import { orphans } from "./orphans.ts";
import { mountMemory, resize, unmount } from "./storage.ts";

/** Storage in memory. Its size is only a limit, so it costs no memory until it is written. */
const storage = { mountPoint: "/var/lib/libvirt/faults-memory", size: "32G" };
const theirStorage = { mountPoint: "/var/lib/libvirt/faults-theirs", size: "32G" };
const poolPath = join(storage.mountPoint, "pool");
const pool = "nodeforge-bare";

/** Error of a machine without a system: of the step that asks the guest agent, or of the provider, which waits for a lease. */
const noSystem = /no address and host key of \w+-master within 60 s|couldn't retrieve IP address of domain/;

/**
 * Faults that need no cluster. The control plane's image has no system, so each complete run ends after the minute in which the
 * machine should boot. Until then, it does all that these faults are about.
 * @param lab The stack `bare`.
 */
export function withoutMachines(lab: Lab, table: FaultTable): void {
  describe("without a cluster:", () => {
    const image = join(lab.folder, "empty.qcow2");
    const up = () => lab.nodeforge("up", ["--yes"], 10);
    /** Objects of the hypervisor. */
    const objects = async () => [
      ...(await lab.virsh("list", "--all", "--name")),
      ...(await lab.virsh("net-list", "--all", "--name")),
      ...(await lab.virsh("pool-list", "--all", "--name")),
    ];

    /** Adds a row, and expects that the state and libvirt have the same objects. */
    async function report(fault: string, seen: Ended, next: string): Promise<void> {
      const lost = await orphans(lab, "bare", pool);
      table.add({ fault, saw: shown(seen.all, seen.exitCode), next, lost });
      expect(lost).toEqual([]);
    }

    beforeAll(async () => {
      mkdirSync(storage.mountPoint);
      await mountMemory(storage.mountPoint, storage.size);
      await lab.prepare();
      await makeImage(image);
      await lab.set("workers", "0");
      await lab.set("storagePoolPath", poolPath);
      await lab.set("bootTimeoutMinutes", "1");
    });

    afterAll(async () => {
      const destroy = await lab.nodeforge("destroy", ["--yes"], 10);
      await unmount(storage.mountPoint);
      rmSync(storage.mountPoint, { recursive: true });
      expect(destroy.exitCode, destroy.all).toBe(0);
      expect(await objects()).toEqual([]);
    });

    it("a truncated image is refused, and nothing is created", async () => {
      const whole = process.env.NODEFORGE_IMAGE ?? "";
      const half = join(lab.folder, "half.qcow2");
      await copyFile(whole, half);
      await copyFile(manifestPlace(whole), manifestPlace(half));
      truncateSync(half, Math.floor(statSync(whole).size / 2));
      const before = await objects();
      await lab.set("image", half);
      const seen = await up();
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^FAIL {2}node image .*half\.qcow2 is a file of SHA-256 [\da-f]{64}$/m);
      expect(seen.all).toMatch(
        /use the file that its manifest describes, SHA-256 [\da-f]{64} \(copy or build both again\)/,
      );
      expect(await objects()).toEqual(before);
      // The remedy: both files are copied again.
      await copyFile(whole, half);
      const announced = await lab.announced();
      expect(announced).toContain("create Domain bare-master");
      rmSync(half);
      await report("the image is truncated", seen, "plans the cluster, once the image is copied again");
    });

    it("a pool that fills up during an upload is named, and the next up uploads the image again", async () => {
      await lab.set("image", image);
      // The folder of the pool exists before the upload begins. The preflight has seen a disk with room by then.
      const begun = {
        what: "the pool",
        reached: () => Promise.resolve(statSync(poolPath)),
        limitMinutes: 5,
        interval: 20,
      };
      let seen: Ended;
      try {
        seen = await during(up(), begun, () => resize(storage.mountPoint, "128M"));
      } finally {
        await resize(storage.mountPoint, storage.size);
      }
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/Most likely: The disk that holds the storage pool is full/);
      expect(seen.all).toMatch(/Fix: Free space on it .*, or set storagePoolPath/);

      const next = await up();
      expect(next.all).toMatch(/removed volume bare-base\S*: its upload failed; the next `up` uploads it again/);
      expect(next.all).toMatch(noSystem);
      const base = join(poolPath, baseIn(poolPath));
      expect(await digestOf(base)).toBe(await digestOf(image));
      const uploaded = "removes the partial volume and uploads the whole image, whose SHA-256 is equal";
      await report("the pool fills up during an upload", seen, uploaded);
    });

    it("the second of two ups at once is refused, and names the first one", async () => {
      await lab.set("image", image);
      const ended = await Promise.all([up(), up()]);
      const isRefused = ({ all }: Ended) =>
        /`npm run up` \(process \d+\) works on this stack\. Fix: wait for its end/.test(all);
      expect(ended.filter(isRefused), ended.map(({ all }) => all).join("\n\n")).toHaveLength(1);
      const refused = ended.find(isRefused)!;
      expect(refused.exitCode).toBe(1);
      expect(refused.all).toMatch(
        /waiting for (`npm run up` \(process \d+\)|another command) on stack bare \(at most 20s\)/,
      );
      // The first one went on until the machine did not boot.
      expect(ended.find((each) => !isRefused(each))!.all).toMatch(/no address and host key of bare-master within 60 s/);
      const next = await up();
      expect(next.all).not.toMatch(/recovering it|its creation was interrupted/);
      await report("two ups at once", refused, "goes on from the first one, and has nothing to recover");
    });

    it("an existing pool whose storage is not mounted is named, and nothing is written below its mount point", async () => {
      const theirs = join(theirStorage.mountPoint, "pool");
      const other = new Lab("other");
      const mount = async () => {
        await mountMemory(theirStorage.mountPoint, theirStorage.size);
        mkdirSync(theirs);
      };
      mkdirSync(theirStorage.mountPoint);
      await mount();
      try {
        await lab.virsh("pool-define-as", "theirs", "dir", "--target", theirs);
        await lab.virsh("pool-start", "theirs");
        await other.prepare();
        for (const [key, value] of Object.entries({ image, workers: "0", bootTimeoutMinutes: "1" })) {
          await other.set(key, value);
        }
        await other.set("networkName", "other");
        await other.set("networkCidr", "192.168.223.0/24");
        await other.set("storagePool", "theirs");
        await unmount(theirStorage.mountPoint);
        const seen = await other.nodeforge("up", ["--yes"], 10);
        const written = readdirSync(theirStorage.mountPoint);
        // The pool was empty, and is empty again.
        await mount();
        await lab.virsh("pool-start", "theirs").catch(() => lab.virsh("pool-refresh", "theirs"));
        const next = await other.nodeforge("up", ["--yes"], 10);
        const lost = await orphans(other, "other", "theirs");
        table.add({
          fault: "the storage of an existing pool is not mounted",
          saw: shown(seen.all, seen.exitCode),
          next: "uploads the image and starts the machine",
          lost,
        });
        expect(seen.exitCode, seen.all).not.toBe(0);
        expect(written).toEqual([]);
        expect(seen.all).toMatch(/storage pool theirs is (not active|inactive)/);
        expect(seen.all).toMatch(/Fix: /);
        expect(await digestOf(join(theirs, baseIn(theirs)))).toBe(await digestOf(image));
        expect(next.all).toMatch(noSystem);
        expect(lost).toEqual([]);
      } finally {
        await other.nodeforge("destroy", ["--yes"], 10);
        other.remove();
        await lab.virsh("pool-destroy", "theirs").catch(() => []);
        await lab.virsh("pool-undefine", "theirs").catch(() => []);
        await unmount(theirStorage.mountPoint).catch(() => undefined);
        rmSync(theirStorage.mountPoint, { recursive: true });
      }
    });
  });
}

/** Makes an image without a system, as large as a small node image. Random content, so that no tool stores it as a hole. */
async function makeImage(path: string): Promise<void> {
  const raw = `${path}.raw`;
  for (let written = 0; written < 48; written++) appendFileSync(raw, randomBytes(8 << 20));
  await execa("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, path]);
  rmSync(raw);
}

/** Name of the base image's file in a pool. @throws when there is none. */
function baseIn(folder: string): string {
  const found = readdirSync(folder).find((name) => name.includes("-base-"));
  if (found === undefined) throw new Error(`${folder} has no base image`);
  return found;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
