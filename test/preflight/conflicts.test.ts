import { describe, expect, it } from "vitest";
import { host, parseSubnet } from "../../lib/cidr.ts";
import { conflictsOf, isComplete, ownedBy, type Owned } from "../../preflight/conflicts.ts";
import type { ExistingNetwork, ExistingPool, Inventory } from "../../libvirt/inventory.ts";
import type { Desired } from "../../preflight/desired.ts";
import { desiredWith } from "../support/desired.ts";
import { immutableInputs } from "../../lifecycle/prior-cluster.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { configWith } from "../support/settings.ts";

const config = configWith({ workers: "1" });
/** What a stack knows of this cluster before it has anything in libvirt. */
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
const wanted = desiredWith({ workers: "1" }, begun);
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

/** What a stack that has all of this knows. */
function knowing({ machines, network, pool, volumes }: Desired): PriorState {
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

const none: Owned = ownedBy(new PriorState(), wanted.pool.name);
const all: Owned = ownedBy(knowing(wanted), wanted.pool.name);
const whats = (there: Partial<Inventory>, owned = none, of = wanted) =>
  conflictsOf(of, { ...nothing, ...there }, owned).map(({ what }) => what);

describe("what a cluster wants", () => {
  it("is domains of a size and address, network, pool, base volume and seed disks", () => {
    expect(wanted).toEqual({
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

  it("are nobody's as long as the cluster has no id, or is to become another one", () => {
    expect(volumesOf({ workers: "1" }, new PriorState())).toEqual([]);
    expect(volumesOf({ workers: "1", networkCidr: "10.9.0.0/24" }, begun)).toEqual([]);
  });

  it("have no id where the stack has the volume without one", () => {
    const resource = wanted.volumes[0]!.replace("-0123abcd.qcow2", "");
    const outputs = { name: `${resource}.qcow2`, pool: "nodeforge-dev" };
    const volume = { type: "libvirt:index/volume:Volume", name: resource, outputs };
    const known = new PriorState(new Map([...begun.resources, ["urn:base", volume]]));
    expect(volumesOf({ workers: "1" }, known)).toEqual([`${resource}.qcow2`, ...wanted.volumes.slice(1)]);
  });
});

describe("what libvirt has under a wanted name", () => {
  const there: Inventory = {
    domains: ["dev-worker-node-1", "theirs"],
    networks: [serving("scheduler_benchmark_net", "10.0.0.0/24")],
    pools: [pool("default"), pool("nodeforge-dev")],
    volumes: [wanted.volumes[0]!, "theirs.iso"],
  };

  it("is a conflict each, with how to look at it", () => {
    expect(conflictsOf(wanted, there, none)).toEqual([
      { what: "domain dev-worker-node-1 exists", look: "desc dev-worker-node-1" },
      { what: "network scheduler_benchmark_net exists", look: "net-dumpxml scheduler_benchmark_net" },
      { what: "storage pool nodeforge-dev exists", look: "pool-dumpxml nodeforge-dev" },
      {
        what: `volume ${wanted.volumes[0]} exists in pool nodeforge-dev`,
        look: `vol-dumpxml --pool nodeforge-dev ${wanted.volumes[0]}`,
      },
    ]);
  });

  it("is none when the stack made it, or when nothing is there", () => {
    expect(conflictsOf(wanted, there, all)).toEqual([]);
    expect(conflictsOf(wanted, nothing, none)).toEqual([]);
  });

  it("is a conflict also when the stack has the volume in another pool", () => {
    const elsewhere = ownedBy(knowing(wanted), "another");
    expect(whats({ volumes: [wanted.volumes[0]!] }, elsewhere)).toHaveLength(1);
  });
});

describe("the subnet of the network that is made", () => {
  const networks = [serving("wide", "192.168.0.0/16"), serving("apart", "192.168.223.0/24")];

  it("may share no address with another network", () => {
    expect(whats({ networks })).toEqual([
      "network wide has 192.168.0.0/16, which overlaps networkCidr 192.168.222.0/24",
    ]);
  });

  it("may be that of the stack's own network, which makes way", () => {
    const owned = { ...all, networks: new Set(["wide"]) };
    expect(whats({ networks }, owned)).toEqual([]);
  });

  it("is not looked at where the network is somebody else's", () => {
    const existing = desiredWith({ network: "wide" });
    expect(whats({ networks }, none, existing)).toEqual([]);
  });
});

describe("what has to be there", () => {
  const existing = desiredWith({ network: "lab", storagePool: "vms" });

  it("is missed by name, with what is there instead", () => {
    expect(whats({ pools: [pool("default")] }, none, existing)).toEqual([
      "network lab is to be used and does not exist; there is none",
      "storage pool vms is to be used and does not exist; there is default",
    ]);
  });

  it("is no conflict when it is there", () => {
    const networks = [serving("lab", "192.168.222.0/24")];
    expect(whats({ networks, pools: [pool("vms")] }, none, existing)).toEqual([]);
  });

  it("is refused while it is off, with the command that starts it", () => {
    const networks = [serving("lab", "192.168.222.0/24", false), serving("other", "10.0.0.0/24", false)];
    const pools = [pool("vms", { isActive: false }), pool("other", { isActive: false })];
    expect(conflictsOf(existing, { ...nothing, networks, pools }, none)).toEqual([
      { what: "network lab is to be used and is not active", look: "net-start lab" },
      { what: "storage pool vms is to be used and is not active", look: "pool-start vms" },
    ]);
  });

  it("is of no interest where it is the stack's own, which `up` starts", () => {
    const networks = [serving("scheduler_benchmark_net", "192.168.222.0/24", false)];
    expect(whats({ networks, pools: [pool("nodeforge-dev", { isActive: false })] }, all)).toEqual([]);
  });

  it.each(["logical", "disk", "rbd", "iscsi"])("is refused as a pool of type %s", (type) => {
    const networks = [serving("lab", "192.168.222.0/24")];
    const { look, what } = conflictsOf(existing, { ...nothing, networks, pools: [pool("vms", { type })] }, none)[0]!;
    expect(what).toBe(`storage pool vms is of type ${type}, and only dir, fs, netfs hold qcow2 files`);
    expect(look).toBe("pool-dumpxml vms");
  });

  it.each(["dir", "fs", "netfs"])("may be a pool of type %s", (type) => {
    const networks = [serving("lab", "192.168.222.0/24")];
    expect(
      whats({ networks, pools: [pool("vms", { type }), pool("odd", { type: "logical" })] }, none, existing),
    ).toEqual([]);
  });
});

describe("the directory of the pool that is made", () => {
  const path = "/var/lib/libvirt/nodeforge-dev";

  it.each([path, `${path}/`])("may not be another pool's (%s)", (taken) => {
    expect(whats({ pools: [pool("theirs", { path: taken }), pool("default")] })).toEqual([
      `storage pool theirs has the directory ${path} already`,
    ]);
  });

  it("may be that of the stack's own pool, which makes way", () => {
    expect(whats({ pools: [pool("mine", { path })] }, { ...none, pools: new Set(["mine"]) })).toEqual([]);
  });
});

describe("a stack that has all it wants", () => {
  it("has nothing to look up", () => {
    expect(isComplete(wanted, all)).toBe(true);
  });

  it.each<[string, Partial<Owned>]>([
    ["a domain", { domains: new Set(["dev-master"]) }],
    ["the size of a machine", { sizes: new Map([["dev-master", { memoryMiB: 1700 }]]) }],
    ["the size of a disk", { sizes: new Map([["dev-worker-node-1", { diskGiB: 10 }]]) }],
    ["the network", { networks: new Set() }],
    ["the network's new subnet", { subnets: new Set(["10.0.0.0/24"]) }],
    ["the pool", { pools: new Set() }],
    ["a volume", { volumes: new Set() }],
  ])("has something to look up without %s", (_, less) => {
    expect(isComplete(wanted, { ...all, ...less })).toBe(false);
  });

  it("has something to look up when a pool or network has to be there", () => {
    for (const raw of [{ network: "lab" }, { storagePool: "vms" }] as Record<string, string>[]) {
      const of = desiredWith(raw);
      expect(isComplete(of, ownedBy(knowing(of), of.pool.name))).toBe(false);
    }
  });
});
