import { describe, expect, test } from "vitest";
import { readRecords, writeRecords } from "../../libvirt/snapshot-records.ts";
import { deleteSnapshot, loadSnapshot, readDisks, saveSnapshot } from "../../libvirt/snapshots.ts";
import { VirshError, type Virsh } from "../../libvirt/virsh.ts";

interface Disk {
  readonly file: string;
  readonly drv?: string;
  readonly ro?: boolean;
  readonly tags?: readonly string[];
}

/** A monitor of QEMU with these disks. @param outcome Error of each job. */
function monitor(disks: readonly Disk[], outcome?: string, lacks?: string) {
  const asked: { execute: string; arguments?: Record<string, unknown> }[] = [];
  let job: unknown;
  let questions = 0;
  const virsh: Virsh = (command, domain, text = "") => {
    expect([command, domain]).toEqual(["qemu-monitor-command", "lab-m"]);
    const request = JSON.parse(text) as (typeof asked)[number];
    asked.push(request);
    const answer = (value: unknown) => Promise.resolve(JSON.stringify({ return: value }));
    if (request.execute === lacks) {
      const error = { class: "CommandNotFound", desc: `The command ${lacks} has not been found` };
      return Promise.resolve(JSON.stringify({ error }));
    }
    if (request.execute === "query-block") {
      const devices = disks.map(({ file, drv = "qcow2", ro = false, tags = [] }, index) => ({
        inserted: { "node-name": `n${index}`, drv, ro, file, image: { snapshots: tags.map((name) => ({ name })) } },
      }));
      return answer([...devices, { device: "empty" }]);
    }
    if (request.execute === "query-jobs") {
      const status = questions++ === 0 ? "running" : "concluded";
      return answer([
        { id: "another", status: "concluded", error: "of another" },
        { id: job, status, ...(outcome === undefined ? {} : { error: outcome }) },
      ]);
    }
    if (request.execute === "job-dismiss") expect(request.arguments?.id).toBe(job);
    else job = request.arguments?.["job-id"];
    return answer({});
  };
  return { virsh, asked };
}

const root = { file: "/pool/root", tags: ["a", "b"] };
const data = { file: "/pool/data", tags: ["b"] };

describe("the disks of a machine", () => {
  test("are its writable qcow2 files, with the snapshots of all and of any", async () => {
    const { virsh } = monitor([root, { file: "/pool/base", ro: true }, data]);
    expect(await readDisks(virsh, "lab-m")).toEqual({
      nodes: ["n0", "n2"],
      files: ["/pool/root", "/pool/data"],
      tags: ["b"],
      anyTags: ["a", "b"],
      unsuitable: [],
    });
  });

  test("include no seed disk and no variables of the firmware, and other raw disks are named", async () => {
    const raw = ["/pool/m.iso", "/var/lib/libvirt/qemu/nvram/m.fd", "/pool/more.img", "/pool/isolated"];
    const { virsh } = monitor([root, ...raw.map((file) => ({ file, drv: "raw" }))]);
    const { nodes, unsuitable } = await readDisks(virsh, "lab-m");
    expect(nodes).toEqual(["n0"]);
    expect(unsuitable).toEqual(["/pool/more.img", "/pool/isolated"]);
  });
});

describe("a snapshot in QEMU", () => {
  test("has the memory in the first disk, waits for its job, and forgets the job", async () => {
    const { virsh, asked } = monitor([root, data]);
    await saveSnapshot(virsh, "lab-m", "t");
    expect(asked.map(({ execute }) => execute)).toEqual([
      "query-block",
      "snapshot-save",
      "query-jobs",
      "query-jobs",
      "job-dismiss",
    ]);
    expect(asked[1]?.arguments).toMatchObject({ tag: "t", vmstate: "n0", devices: ["n0", "n1"] });
  });

  test("is deleted where a disk has it, and nothing happens where none has it", async () => {
    const { virsh, asked } = monitor([root, data]);
    await deleteSnapshot(virsh, "lab-m", "none");
    expect(asked).toHaveLength(1);
    await deleteSnapshot(virsh, "lab-m", "a");
    expect(asked[2]).toMatchObject({ execute: "snapshot-delete", arguments: { tag: "a", devices: ["n0", "n1"] } });
    expect(asked[2]?.arguments).not.toHaveProperty("vmstate");
  });

  test("that fails has the reason of its own job", async () => {
    const { virsh, asked } = monitor([root], "Device has no room");
    await expect(loadSnapshot(virsh, "lab-m", "a")).rejects.toThrow(
      "snapshot-load of lab-m failed: Device has no room",
    );
    expect(asked.at(-1)?.execute).toBe("job-dismiss");
  });

  test("needs a QEMU that has it, and a disk", async () => {
    await expect(saveSnapshot(monitor([root], undefined, "snapshot-save").virsh, "lab-m", "t")).rejects.toThrow(
      "QEMU of lab-m has no snapshot-save: The command snapshot-save has not been found. Fix: install QEMU 6.0 or later",
    );
    await expect(saveSnapshot(monitor([]).virsh, "lab-m", "t")).rejects.toThrow("lab-m has no qcow2 disk");
  });
});

describe("the records of a machine", () => {
  /** A libvirt that keeps the metadata of one domain. */
  function metadata(xml?: string, failure = "error: metadata not found: Requested metadata element is not present") {
    const calls: (readonly string[])[] = [];
    let kept = xml;
    const virsh: Virsh = (...args) => {
      calls.push(args);
      if (args.includes("--set")) kept = args.at(-1);
      else if (args.includes("--remove")) kept = undefined;
      else if (kept === undefined) return Promise.reject(new VirshError("virsh", failure, undefined));
      return Promise.resolve(kept ?? "");
    };
    return { virsh, calls };
  }
  const record = { name: "first", id: "1-2", created: "2026-01-01T00:00:00.000Z", nodes: ["m", "w1"] };

  test("are read back as they were written, in the definition on disk", async () => {
    const { virsh, calls } = metadata();
    await writeRecords(virsh, "lab-m", [record, { ...record, name: "second" }]);
    expect(await readRecords(virsh, "lab-m")).toEqual([record, { ...record, name: "second" }]);
    expect(calls.every((args) => args.includes("--config") && args.includes("urn:nodeforge:snapshots"))).toBe(true);
  });

  test("are empty for a machine without any, and are removed with the last one", async () => {
    const { virsh, calls } = metadata();
    await writeRecords(virsh, "lab-m", []);
    expect(calls.some((args) => args.includes("--remove"))).toBe(false);
    await writeRecords(virsh, "lab-m", [record]);
    await writeRecords(virsh, "lab-m", []);
    expect(calls.at(-1)).toContain("--remove");
    expect(await readRecords(virsh, "lab-m")).toEqual([]);
  });

  test("are not empty because libvirt does not answer", async () => {
    await expect(readRecords(metadata(undefined, "error: no answer").virsh, "lab-m")).rejects.toThrow("no answer");
  });
});
