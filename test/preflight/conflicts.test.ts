import { describe, expect, it } from "vitest";
import { host, parseSubnet } from "../../lib/cidr.ts";
import { findConflicts, isComplete, ownedBy, type Owned } from "../../preflight/conflicts.ts";
import type { ExistingNetwork, ExistingPool, Inventory } from "../../libvirt/inventory.ts";
import type { Desired } from "../../preflight/desired.ts";
import { desiredWith } from "../support/desired.ts";
import { immutableInputs } from "../../lifecycle/prior-cluster.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { configWith } from "../support/settings.ts";

const config = configWith({ workers: "1" });
/** Prior state of a stack before it creates the first libvirt object. */
const begun = new PriorState(
  new Map([
    [
      "urn:id",
      {
        type: "random:index/randomUuid:RandomUuid",
        name: "dev-id",
        outputs: { result: "0123abcd-1111-2222-3333-444444444444", keepers: immutableInputs(config) },
      },
    ],
  ]),
);
const desired = desiredWith({ workers: "1" }, begun);
const nothing: Inventory = { domains: [], networks: [], pools: [], volumes: [] };
const serving = (name: string, cidr: string, isActive = true): ExistingNetwork => {
  const subnet = parseSubnet(cidr)!;
  return { name, isActive, subnets: [{ subnet, gateway: host(subnet, 1), ranges: [], reservations: [] }] };
};
const pool = (name: string, changed: Partial<ExistingPool> = {}): ExistingPool => ({
  name,
  isActive: true,
  type: "dir",
  path: `/pools/${name}`,
  ...changed,
});

/** Prior state of a stack that created all of this. */
function stateOf({ machines, network, pool, volumes }: Desired): PriorState {
  const entries: readonly { kind: string; outputs: Record<string, unknown>; name?: string }[] = [
    ...machines.flatMap(({ domain, vcpus, memoryMiB, disksGiB }) => [
      { kind: "domain:Domain", outputs: { name: domain, vcpu: vcpus, memory: memoryMiB } },
      {
        kind: "volume:Volume",
        name: `${domain}-root`,
        outputs: { size: (disksGiB[0] ?? 0) * 2 ** 30, pool: pool.name },
      },
    ]),
    { kind: "network:Network", outputs: { name: network.name, addresses: [network.subnet.cidr] } },
    { kind: "pool:Pool", outputs: { name: pool.name } },
    ...volumes.map((name) => ({ kind: "volume:Volume", outputs: { name, pool: pool.name } })),
  ];
  const resources = entries.map(({ kind, outputs, name = String(outputs.name) }, index) => {
    return [`urn:${index}`, { type: `libvirt:index/${kind}`, name, outputs }] as const;
  });
  return new PriorState(new Map(resources));
}

const none: Owned = ownedBy(new PriorState(), desired.pool.name);
const all: Owned = ownedBy(stateOf(desired), desired.pool.name);
const problemsOf = (found: Partial<Inventory>, owned = none, of = desired) =>
  findConflicts(of, { ...nothing, ...found }, owned).map(({ problem }) => problem);

describe("the desired objects of a cluster", () => {
  it("are domains with sizes and addresses, a network, a pool, a base volume and seed disks", () => {
    expect(desired).toEqual({
      machines: [
        {
          domain: "dev-master",
          vcpus: 2,
          memoryMiB: 2048,
          disksGiB: [20, 10],
          isDhcp: false,
          address: "192.168.222.10",
          mac: expect.stringMatching(/^52:54:/) as string,
        },
        {
          domain: "dev-worker-node-1",
          vcpus: 2,
          memoryMiB: 2048,
          disksGiB: [20],
          isDhcp: true,
          mac: expect.stringMatching(/^52:54:/) as string,
        },
      ],
      domainType: "qemu",
      network: configWith().network,
      pool: { origin: "created", name: "nodeforge-dev", path: "/var/lib/libvirt/nodeforge-dev" },
      volumes: [
        expect.stringMatching(/^dev-base-[0-9a-f]{12}-0123abcd\.qcow2$/) as string,
        expect.stringMatching(/^dev-master-seed-[0-9a-f]{12}-0123abcd\.iso$/) as string,
        expect.stringMatching(/^dev-worker-node-1-seed-[0-9a-f]{12}-0123abcd\.iso$/) as string,
      ],
    });
  });
});

describe("the names of volumes", () => {
  const volumesOf = (raw: Record<string, string>, known: PriorState) => desiredWith(raw, known).volumes;

  it("are unknown while the cluster has no id, or becomes another one", () => {
    expect(volumesOf({ workers: "1" }, new PriorState())).toEqual([]);
    expect(volumesOf({ workers: "1", networkCidr: "10.9.0.0/24" }, begun)).toEqual([]);
  });

  it("have no id when the stack created the volume without one", () => {
    const resource = desired.volumes[0]!.replace("-0123abcd.qcow2", "");
    const outputs = { name: `${resource}.qcow2`, pool: "nodeforge-dev" };
    const volume = { type: "libvirt:index/volume:Volume", name: resource, outputs };
    const known = new PriorState(new Map([...begun.resources, ["urn:base", volume]]));
    expect(volumesOf({ workers: "1" }, known)).toEqual([`${resource}.qcow2`, ...desired.volumes.slice(1)]);
  });
});

describe("an object with a desired name", () => {
  const present: Inventory = {
    domains: ["dev-worker-node-1", "theirs"],
    networks: [serving("scheduler_benchmark_net", "10.0.0.0/24")],
    pools: [pool("default"), pool("nodeforge-dev")],
    volumes: [desired.volumes[0]!, "theirs.iso"],
  };

  it("is a conflict, with a command that shows the object", () => {
    expect(findConflicts(desired, present, none)).toEqual([
      { problem: "domain dev-worker-node-1 exists", command: "desc dev-worker-node-1" },
      { problem: "network scheduler_benchmark_net exists", command: "net-dumpxml scheduler_benchmark_net" },
      { problem: "storage pool nodeforge-dev exists", command: "pool-dumpxml nodeforge-dev" },
      {
        problem: `volume ${desired.volumes[0]} exists in pool nodeforge-dev`,
        command: `vol-dumpxml --pool nodeforge-dev ${desired.volumes[0]}`,
      },
    ]);
  });

  it("is no conflict when the stack created it, or when it is missing", () => {
    expect(findConflicts(desired, present, all)).toEqual([]);
    expect(findConflicts(desired, nothing, none)).toEqual([]);
  });

  it("is a conflict when the stack has the volume in another pool", () => {
    const elsewhere = ownedBy(stateOf(desired), "another");
    expect(problemsOf({ volumes: [desired.volumes[0]!] }, elsewhere)).toHaveLength(1);
  });
});

describe("the search for conflicts", () => {
  it("reads each of libvirt's 5,000 names once, however many are desired", () => {
    let read = 0;
    const names = Array.from({ length: 5000 }, (_, index) => `other-${index}`);
    const domains = new Proxy([...names, "dev-1"], {
      get: (target, key, receiver) => {
        if (typeof key === "string" && /^\d+$/.test(key)) read++;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    const [machine] = desired.machines;
    const machines = Array.from({ length: 5000 }, (_, index) => ({ ...machine!, domain: `dev-${index}` }));
    const found = findConflicts({ ...desired, machines }, { ...nothing, domains }, none);
    expect(found).toEqual([{ problem: "domain dev-1 exists", command: "desc dev-1" }]);
    expect(read).toBe(5001);
  });
});

describe("the subnet of the cluster's own network", () => {
  const networks = [serving("wide", "192.168.0.0/16"), serving("apart", "192.168.223.0/24")];

  it("must not overlap another network", () => {
    expect(problemsOf({ networks })).toEqual([
      "network wide has 192.168.0.0/16, which overlaps networkCidr 192.168.222.0/24",
    ]);
  });

  it("may overlap a network of the stack, which it replaces", () => {
    const owned = { ...all, networks: new Set(["wide"]) };
    expect(problemsOf({ networks }, owned)).toEqual([]);
  });

  it("is not compared when the cluster uses an existing network", () => {
    const existing = desiredWith({ network: "wide" });
    expect(problemsOf({ networks }, none, existing)).toEqual([]);
  });
});

describe("an existing network or pool that the stack refers to", () => {
  const existing = desiredWith({ network: "lab", storagePool: "vms" });

  it("is a conflict when it is missing, with the names that exist", () => {
    expect(problemsOf({ pools: [pool("default")] }, none, existing)).toEqual([
      "network lab does not exist; libvirt has none",
      "storage pool vms does not exist; libvirt has default",
    ]);
  });

  it("is no conflict when it exists", () => {
    const networks = [serving("lab", "192.168.222.0/24")];
    expect(problemsOf({ networks, pools: [pool("vms")] }, none, existing)).toEqual([]);
  });

  it("is a conflict while it is inactive, with the command that starts it", () => {
    const networks = [serving("lab", "192.168.222.0/24", false), serving("other", "10.0.0.0/24", false)];
    const pools = [pool("vms", { isActive: false }), pool("other", { isActive: false })];
    expect(findConflicts(existing, { ...nothing, networks, pools }, none)).toEqual([
      { problem: "network lab is not active", command: "net-start lab" },
      { problem: "storage pool vms is not active", command: "pool-start vms" },
    ]);
  });

  it("is no conflict while inactive if the stack created it, because `up` starts it", () => {
    const networks = [serving("scheduler_benchmark_net", "192.168.222.0/24", false)];
    expect(problemsOf({ networks, pools: [pool("nodeforge-dev", { isActive: false })] }, all)).toEqual([]);
  });

  it.each(["logical", "disk", "rbd", "iscsi"])("is a conflict as a pool of type %s", (type) => {
    const networks = [serving("lab", "192.168.222.0/24")];
    const { command, problem } = findConflicts(
      existing,
      { ...nothing, networks, pools: [pool("vms", { type })] },
      none,
    )[0]!;
    expect(problem).toBe(`storage pool vms has type ${type}, expected dir, fs, netfs, which store qcow2 files`);
    expect(command).toBe("pool-dumpxml vms");
  });

  it.each(["dir", "fs", "netfs"])("may be a pool of type %s", (type) => {
    const networks = [serving("lab", "192.168.222.0/24")];
    expect(
      problemsOf({ networks, pools: [pool("vms", { type }), pool("odd", { type: "logical" })] }, none, existing),
    ).toEqual([]);
  });
});

describe("the directory of the cluster's own pool", () => {
  const path = "/var/lib/libvirt/nodeforge-dev";

  it.each([path, `${path}/`])("must not belong to another pool (%s)", (taken) => {
    expect(problemsOf({ pools: [pool("theirs", { path: taken }), pool("default")] })).toEqual([
      `storage pool theirs already has the directory ${path}`,
    ]);
  });

  it("may belong to a pool of the stack, which it replaces", () => {
    expect(problemsOf({ pools: [pool("mine", { path })] }, { ...none, pools: new Set(["mine"]) })).toEqual([]);
  });
});

describe("a stack that manages every desired object", () => {
  it("need not ask libvirt", () => {
    expect(isComplete(desired, all)).toBe(true);
  });

  it.each<[string, Partial<Owned>]>([
    ["a domain", { domains: new Set(["dev-master"]) }],
    ["the size of a machine", { sizes: new Map([["dev-master", { memoryMiB: 1700 }]]) }],
    ["the size of a disk", { sizes: new Map([["dev-worker-node-1", { diskGiB: 10 }]]) }],
    ["the network", { networks: new Set() }],
    ["the network's new subnet", { subnets: new Set(["10.0.0.0/24"]) }],
    ["the pool", { pools: new Set() }],
    ["a volume", { volumes: new Set() }],
  ])("must ask libvirt without %s", (_, less) => {
    expect(isComplete(desired, { ...all, ...less })).toBe(false);
  });

  it("must ask libvirt about an existing pool or network", () => {
    for (const raw of [{ network: "lab" }, { storagePool: "vms" }] as Record<string, string>[]) {
      const of = desiredWith(raw);
      expect(isComplete(of, ownedBy(stateOf(of), of.pool.name))).toBe(false);
    }
  });
});
