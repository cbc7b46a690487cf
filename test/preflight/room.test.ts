import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ownedBy } from "../../preflight/conflicts.ts";
import { lookAtFolder, lookAtHost, type Host } from "../../libvirt/host.ts";
import type { ExistingPool } from "../../libvirt/inventory.ts";
import { roomFor } from "../../preflight/room.ts";
import { desiredWith } from "../support/desired.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { answering } from "../support/virsh-answers.ts";

const nothing = ownedBy(new PriorState(), "nodeforge-dev");
const gibibyte = 2 ** 30;
const empty = (capacityGiB: number) => ({ entries: [], isDirectory: true, capacity: capacityGiB * gibibyte });
const roomOf = (raw: Record<string, string>, host: Host, pools: readonly ExistingPool[] = [], owned = nothing) =>
  roomFor(desiredWith(raw), host, pools, owned);

describe("the hypervisor", () => {
  const info = "CPU model:           x86_64\nCPU(s):              4\nMemory size:         16777216 KiB\n";

  it("is asked for memory, processors and what it can run", async () => {
    const { virsh, asked } = answering({ nodeinfo: info, "domcapabilities --virttype qemu": "<domainCapabilities/>" });
    const wanted = desiredWith({ storagePool: "vms" });
    expect(await lookAtHost(virsh, "qemu:///system", wanted)).toEqual({
      memoryMiB: 16384,
      processors: 4,
      hasDomainType: true,
    });
    expect(asked).toHaveLength(2);
  });

  it("says itself that it has no KVM; whatever else fails there says nothing", async () => {
    const wanted = desiredWith({ domainType: "kvm", storagePool: "vms" });
    const saying = (text: string) => () => Promise.reject(new Error(text));
    const accel =
      "error: invalid argument: the accel 'kvm' is not supported by '/usr/bin/qemu-system-x86_64' on this host";
    expect(await lookAtHost(saying(accel), "qemu:///system", wanted)).toEqual({ hasDomainType: false });
    expect(await lookAtHost(saying("no answer within 30 s"), "qemu:///system", wanted)).toEqual({});
  });

  it("of another machine has no folder here", async () => {
    const { virsh } = answering({ nodeinfo: info });
    const of = (uri: string) => lookAtHost(virsh, uri, desiredWith());
    expect((await of("qemu+ssh://host/system")).folder).toBeUndefined();
    expect((await of("qemu:///system")).folder?.capacity).toBeGreaterThan(0);
  });
});

describe("machines", () => {
  it("that can all be there are no conflict", () => {
    expect(roomOf({}, { memoryMiB: 8192, processors: 2, hasDomainType: true, folder: empty(100) })).toEqual({
      conflicts: [],
      warnings: [],
    });
    expect(roomOf({}, {})).toEqual({ conflicts: [], warnings: [] });
  });

  it("of more memory than the hypervisor's are refused, by name", () => {
    const { conflicts, warnings } = roomOf({ workerMemoryMiB: "9000", workers: "3" }, { memoryMiB: 8192 });
    expect(conflicts).toEqual([
      {
        what: "dev-worker-node-1 and 2 more cannot have 9000 MiB of memory: the hypervisor has 8192 MiB",
        look: "nodeinfo",
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it("that take more memory together are warned of", () => {
    const { conflicts, warnings } = roomOf({}, { memoryMiB: 6143 });
    expect(conflicts).toEqual([]);
    expect(warnings).toEqual(["the nodes may take 6144 MiB of memory together, and the hypervisor has 6143 MiB"]);
    expect(roomOf({}, { memoryMiB: 6144 }).warnings).toEqual([]);
  });

  it("of more processors than the hypervisor's are warned of", () => {
    expect(roomOf({ masterVcpus: "3" }, { processors: 2 })).toEqual({
      conflicts: [],
      warnings: ["dev-master would have more virtual CPUs than the hypervisor's 2, which is slow"],
    });
  });

  it("with a disk larger than the pool are refused, all disks together are warned of", () => {
    const { conflicts } = roomOf({ masterDataDiskGiB: "120" }, { folder: empty(100) });
    expect(conflicts).toEqual([
      { what: "dev-master cannot fill a disk of 120 GiB: the disk of /var/lib/libvirt/nodeforge-dev has 100.0 GiB" },
    ]);
    expect(roomOf({}, { folder: empty(69) })).toEqual({
      conflicts: [],
      warnings: [
        "the nodes' disks may grow to 70 GiB together, and the disk of /var/lib/libvirt/nodeforge-dev has 69.0 GiB",
      ],
    });
  });

  it("are measured by the pool that exists", () => {
    const pools = [{ name: "vms", isActive: true, type: "dir", capacity: 15 * gibibyte }];
    const { conflicts } = roomOf({ storagePool: "vms", masterDiskGiB: "10" }, {}, pools);
    expect(conflicts).toEqual([
      {
        what: "dev-worker-node-1 and 1 more cannot fill a disk of 20 GiB: storage pool vms has 15.0 GiB",
        look: "pool-info vms",
      },
    ]);
  });

  it("that are there already, as they are wanted, were made", () => {
    const { machines } = desiredWith();
    const owned = { ...nothing, domains: new Set(machines.map(({ domain }) => domain)) };
    expect(roomOf({}, { memoryMiB: 1024, folder: empty(1), hasDomainType: false }, [], owned).conflicts).toEqual([]);
    // One that is to become larger is made anew.
    const larger = { ...owned, sizes: new Map([["dev-master", { memoryMiB: 1700 }]]) };
    expect(roomOf({}, { memoryMiB: 1024 }, [], larger).conflicts.map(({ what }) => what)).toEqual([
      "dev-master cannot have 2048 MiB of memory: the hypervisor has 1024 MiB",
    ]);
  });

  it("of a type that the hypervisor does not have are refused", () => {
    expect(roomOf({ domainType: "kvm" }, { hasDomainType: false }).conflicts).toEqual([
      {
        what: "the hypervisor cannot run machines of type kvm; domainType says which",
        look: "domcapabilities --virttype kvm",
      },
    ]);
  });
});

describe("the folder of the pool that is made", () => {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-pool-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const conflictsAt = (path: string, owned = nothing) => {
    const found = lookAtFolder(path);
    return roomFor(desiredWith({ storagePoolPath: path }), found ? { folder: found } : {}, [], owned).conflicts;
  };

  it("may be missing or empty", () => {
    mkdirSync(join(folder, "empty"));
    for (const path of [join(folder, "missing", "below"), join(folder, "empty")]) expect(conflictsAt(path)).toEqual([]);
    const { blocks, bsize } = statfsSync(folder);
    expect(lookAtFolder(join(folder, "missing", "below"))?.capacity).toBe(blocks * bsize);
  });

  it("may hold nothing of somebody's", () => {
    const path = join(folder, "theirs");
    mkdirSync(path);
    for (const file of ["a", "b", "c"]) writeFileSync(join(path, file), "");
    expect(conflictsAt(path)).toEqual([
      { what: `storagePoolPath ${path} is not empty, and has to be missing or empty: it holds a and 2 more` },
    ]);
  });

  it("may hold what it likes once the stack has made something", () => {
    const owned = { ...nothing, pools: new Set(["nodeforge-dev"]) };
    expect(conflictsAt(join(folder, "theirs"), owned)).toEqual([]);
  });

  it("may be no file", () => {
    const path = join(folder, "file");
    writeFileSync(path, "");
    expect(conflictsAt(path)).toEqual([{ what: `storagePoolPath ${path} is no directory` }]);
  });
});
