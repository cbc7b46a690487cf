import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ownedBy } from "../../preflight/conflicts.ts";
import { inspectFolder, inspectHost, type Host } from "../../libvirt/host.ts";
import type { ExistingPool } from "../../libvirt/inventory.ts";
import { checkCapacity } from "../../preflight/capacity.ts";
import { desiredWith } from "../support/desired.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { answering } from "../support/virsh-answers.ts";
import { sharedFolder } from "../support/folder.ts";

const nothing = ownedBy(new PriorState(), "nodeforge-dev");
const gibibyte = 2 ** 30;
const empty = (capacityGiB: number) => ({ entries: [], isDirectory: true, capacity: capacityGiB * gibibyte });
const findingsOf = (raw: Record<string, string>, host: Host, pools: readonly ExistingPool[] = [], owned = nothing) =>
  checkCapacity(desiredWith(raw), host, pools, owned);

describe("the hypervisor", () => {
  const info = "CPU model:           x86_64\nCPU(s):              4\nMemory size:         16777216 KiB\n";

  it("is asked for its memory, processors and domain types", async () => {
    const { virsh, asked } = answering({ nodeinfo: info, "domcapabilities --virttype qemu": "<domainCapabilities/>" });
    const desired = desiredWith({ storagePool: "vms" });
    expect(await inspectHost(virsh, "qemu:///system", desired)).toEqual({
      memoryMiB: 16384,
      processors: 4,
      hasDomainType: true,
    });
    expect(asked).toHaveLength(2);
  });

  it("lacks KVM only when it reports so; every other failure tells nothing", async () => {
    const desired = desiredWith({ domainType: "kvm", storagePool: "vms" });
    const saying = (text: string) => () => Promise.reject(new Error(text));
    const accel =
      "error: invalid argument: the accel 'kvm' is not supported by '/usr/bin/qemu-system-x86_64' on this host";
    expect(await inspectHost(saying(accel), "qemu:///system", desired)).toEqual({ hasDomainType: false });
    expect(await inspectHost(saying("no answer within 30 s"), "qemu:///system", desired)).toEqual({});
  });

  it("on another machine has no folder here", async () => {
    const { virsh } = answering({ nodeinfo: info });
    const of = (uri: string) => inspectHost(virsh, uri, desiredWith());
    expect((await of("qemu+ssh://host/system")).folder).toBeUndefined();
    expect((await of("qemu:///system")).folder?.capacity).toBeGreaterThan(0);
  });
});

describe("machines", () => {
  const lessMemory =
    "lower masterMemoryMiB, workerMemoryMiB or the memoryMiB of a pool; or choose another hypervisor with libvirtUri.";
  const smallerDisks =
    "lower masterDiskGiB, masterDataDiskGiB, workerDiskGiB or the diskGiB of a pool. " +
    "A new cluster can use a larger pool with storagePool or storagePoolPath.";

  it("within the capacity are no conflict", () => {
    expect(findingsOf({}, { memoryMiB: 8192, processors: 2, hasDomainType: true, folder: empty(100) })).toEqual({
      conflicts: [],
      warnings: [],
    });
    expect(findingsOf({}, {})).toEqual({ conflicts: [], warnings: [] });
  });

  it("with more memory than the hypervisor are a conflict, by name", () => {
    const { conflicts, warnings } = findingsOf({ workerMemoryMiB: "9000", workers: "3" }, { memoryMiB: 8192 });
    expect(conflicts).toEqual([
      {
        problem: "dev-worker-node-1 and 2 more cannot have 9000 MiB of memory: the hypervisor has 8192 MiB",
        command: "nodeinfo",
        fix: lessMemory,
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it("with more memory together than the hypervisor are a warning", () => {
    const { conflicts, warnings } = findingsOf({}, { memoryMiB: 6143 });
    expect(conflicts).toEqual([]);
    expect(warnings).toEqual([
      "the nodes may use 6144 MiB of memory together, but the hypervisor has 6143 MiB. " +
        `Fix, if it runs out: lower workers or the count of a pool, turn off other machines, or ${lessMemory}`,
    ]);
    expect(findingsOf({}, { memoryMiB: 6144 }).warnings).toEqual([]);
  });

  it("with more processors than the hypervisor are a warning", () => {
    expect(findingsOf({ masterVcpus: "3" }, { processors: 2 })).toEqual({
      conflicts: [],
      warnings: ["dev-master would have more virtual CPUs than the 2 CPUs of the hypervisor, which is slow"],
    });
  });

  it("with a disk larger than the pool are a conflict; all disks together are a warning", () => {
    const { conflicts } = findingsOf({ masterDataDiskGiB: "120" }, { folder: empty(100) });
    expect(conflicts).toEqual([
      {
        problem: "dev-master cannot fill a disk of 120 GiB: the disk of /var/lib/libvirt/nodeforge-dev has 100.0 GiB",
        fix: smallerDisks,
      },
    ]);
    expect(findingsOf({}, { folder: empty(69) })).toEqual({
      conflicts: [],
      warnings: [
        "the nodes' disks may grow to 70 GiB together, but the disk of /var/lib/libvirt/nodeforge-dev has 69.0 GiB. " +
          `Fix, if it runs out: lower workers or the count of a pool, or ${smallerDisks}`,
      ],
    });
  });

  it("with a data disk that grows beyond the pool are a conflict, and not with one that stays as it is", () => {
    const prior = (outputs: PriorOutputs) =>
      ownedBy(
        priorStateOf({
          "domain dev-master": { name: "dev-master", vcpu: 2, memory: 2048 },
          "volume dev-master-root": { size: 20 * gibibyte },
          "volume dev-master-data": { size: 10 * gibibyte },
          "domain dev-worker-node-1": { name: "dev-worker-node-1" },
          "domain dev-worker-node-2": { name: "dev-worker-node-2" },
          ...outputs,
        }),
        "nodeforge-dev",
      );
    const conflicts = (owned: ReturnType<typeof prior>) =>
      findingsOf({ masterDataDiskGiB: "120" }, { folder: empty(100) }, [], owned).conflicts;
    expect(conflicts(prior({}))).toMatchObject([
      { problem: expect.stringContaining("dev-master cannot fill a disk of 120 GiB") as string },
    ]);
    const environment = { DISK: "/pools/disk", SIZE_GIB: "120" };
    expect(conflicts(prior({ "localCommand dev-master-data-growth": { environment } }))).toEqual([]);
    expect(conflicts(prior({ "volume dev-master-data": { size: 150 * gibibyte } }))).toEqual([]);
  });

  it("are compared with the existing pool", () => {
    const pools = [{ name: "vms", isActive: true, type: "dir", capacity: 15 * gibibyte }];
    const { conflicts } = findingsOf({ storagePool: "vms", masterDiskGiB: "10" }, {}, pools);
    expect(conflicts).toEqual([
      {
        problem: "dev-worker-node-1 and 1 more cannot fill a disk of 20 GiB: storage pool vms has 15.0 GiB",
        command: "pool-info vms",
        fix: smallerDisks,
      },
    ]);
  });

  it("that exist in the desired size are skipped", () => {
    const { machines } = desiredWith();
    const owned = { ...nothing, domains: new Set(machines.map(({ domain }) => domain)) };
    expect(findingsOf({}, { memoryMiB: 1024, folder: empty(1), hasDomainType: false }, [], owned).conflicts).toEqual(
      [],
    );
    // A machine of another size is replaced, so it is compared again.
    const larger = { ...owned, sizes: new Map([["dev-master", { memoryMiB: 1700 }]]) };
    expect(findingsOf({}, { memoryMiB: 1024 }, [], larger).conflicts.map(({ problem }) => problem)).toEqual([
      "dev-master cannot have 2048 MiB of memory: the hypervisor has 1024 MiB",
    ]);
  });

  it("of a type that the hypervisor lacks are a conflict", () => {
    expect(findingsOf({ domainType: "kvm" }, { hasDomainType: false }).conflicts).toEqual([
      {
        problem: "the hypervisor cannot run machines of type kvm, the domainType of this stack",
        command: "domcapabilities --virttype kvm",
        fix: "choose another domainType, or another hypervisor with libvirtUri.",
      },
    ]);
  });
});

describe("the folder of the cluster's own pool", () => {
  const folder = sharedFolder();
  const conflictsAt = (path: string, owned = nothing) => {
    const found = inspectFolder(path);
    return checkCapacity(desiredWith({ storagePoolPath: path }), found ? { folder: found } : {}, [], owned).conflicts;
  };

  it("may be missing or empty", () => {
    mkdirSync(join(folder, "empty"));
    for (const path of [join(folder, "missing", "below"), join(folder, "empty")]) expect(conflictsAt(path)).toEqual([]);
    const { blocks, bsize } = statfsSync(folder);
    expect(inspectFolder(join(folder, "missing", "below"))?.capacity).toBe(blocks * bsize);
  });

  const fix = "choose another storagePoolPath, or an existing pool with storagePool.";

  it("must not have files of another program", () => {
    const path = join(folder, "theirs");
    mkdirSync(path);
    for (const file of ["a", "b", "c"]) writeFileSync(join(path, file), "");
    expect(conflictsAt(path)).toEqual([
      { problem: `storagePoolPath ${path} must be missing or empty, but has a and 2 more`, fix },
    ]);
  });

  it("may have files once the stack has created something", () => {
    const owned = { ...nothing, pools: new Set(["nodeforge-dev"]) };
    expect(conflictsAt(join(folder, "theirs"), owned)).toEqual([]);
  });

  it("must not be a file", () => {
    const path = join(folder, "file");
    writeFileSync(path, "");
    expect(conflictsAt(path)).toEqual([{ problem: `storagePoolPath ${path} is not a directory`, fix }]);
  });
});
