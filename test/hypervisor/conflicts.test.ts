import { describe, expect, it } from "vitest";
import { host, parseSubnet } from "../../config/cidr.ts";
import { conflictsOf, isComplete, ownedBy, type Owned } from "../../hypervisor/conflicts.ts";
import type { Inventory, LeaseRange } from "../../hypervisor/inventory.ts";
import { wantedBy, type Wanted } from "../../hypervisor/wanted.ts";
import { Known } from "../../lifecycle/known.ts";
import { configWith } from "../support/settings.ts";

const wanted = wantedBy(configWith({ workers: "1" }));
const range: LeaseRange = { start: "192.168.222.100", end: "192.168.222.254" };
const nothing: Inventory = { domains: [], networks: [], pools: [], volumes: [] };
const addresses = (cidr: string, ranges: LeaseRange[] = []) => {
  const subnet = parseSubnet(cidr)!;
  return [{ address: host(subnet, 1), subnet, ranges }];
};
const network = (name: string, cidr: string, ranges: LeaseRange[] = []) => ({
  name,
  active: true,
  addresses: addresses(cidr, ranges),
});
const pool = (name: string) => ({ name, active: true });

/** What a stack that has all of this knows. */
function knowing({ machines, network, pool, volumes }: Wanted): Known {
  const entries = [
    ...machines.map(({ name, memoryMiB }) => ({ kind: "domain:Domain", outputs: { name, memory: memoryMiB } })),
    ...machines.map(({ name, diskGiB }) => {
      return { kind: "volume:Volume", name: `${name}-root`, outputs: { name: "random", size: diskGiB * 2 ** 30 } };
    }),
    { kind: "network:Network", outputs: { name: network.name, addresses: [network.subnet.cidr] } },
    { kind: "pool:Pool", outputs: { name: pool.name } },
    ...volumes.map((name) => ({ kind: "volume:Volume", outputs: { name, pool: pool.name } })),
  ];
  const resources = entries.map((entry, index) => {
    const { kind, outputs } = entry;
    const name = "name" in entry ? entry.name : outputs.name;
    return [`urn:${index}`, { type: `libvirt:index/${kind}`, name, outputs }] as const;
  });
  return new Known(new Map(resources));
}

const none: Owned = ownedBy(new Known(), wanted.pool.name);
const all: Owned = ownedBy(knowing(wanted), wanted.pool.name);
const whats = (there: Partial<Inventory>, owned = none, of = wanted) =>
  conflictsOf(of, { ...nothing, ...there }, owned).map(({ what }) => what);

describe("the names of a cluster", () => {
  it("are those of domains, network, pool, base volume and seed disks", () => {
    expect(wanted).toEqual({
      machines: [
        { name: "dev-master", memoryMiB: 2048, diskGiB: 20 },
        { name: "dev-worker-node-1", memoryMiB: 2048, diskGiB: 20 },
      ],
      network: configWith({ workers: "1" }).network,
      staticAddresses: [],
      pool: { origin: "created", name: "nodeforge-dev", path: "/var/lib/libvirt/nodeforge-dev" },
      dataDiskGiB: 10,
      volumes: [
        expect.stringMatching(/^dev-base-[0-9a-f]{12}\.qcow2$/) as string,
        expect.stringMatching(/^dev-master-seed-[0-9a-f]{12}\.iso$/) as string,
        expect.stringMatching(/^dev-worker-node-1-seed-[0-9a-f]{12}\.iso$/) as string,
      ],
    });
  });
});

describe("what libvirt has under a wanted name", () => {
  const there: Inventory = {
    domains: ["dev-worker-node-1", "theirs"],
    networks: [network("scheduler_benchmark_net", "10.0.0.0/24")],
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
  const networks = [network("wide", "192.168.0.0/16"), network("apart", "192.168.223.0/24")];

  it("may share no address with another network", () => {
    expect(whats({ networks })).toEqual([
      "network wide has 192.168.0.0/16, which overlaps networkCidr 192.168.222.0/24",
    ]);
  });

  it("may be that of the stack's own network, which makes way", () => {
    const owned = { ...all, networks: new Set(["wide"]) };
    expect(whats({ networks }, owned)).toEqual([]);
  });

  it("overlaps nothing where the network is one that exists", () => {
    const existing = wantedBy(configWith({ network: "lab" }));
    const lab = network("lab", "192.168.222.0/24", [range]);
    expect(whats({ networks: [...networks, lab] }, none, existing)).toEqual([]);
  });
});

describe("what has to be there", () => {
  const existing = wantedBy(configWith({ network: "lab", storagePool: "vms" }));

  it("is missed by name, with what is there instead", () => {
    expect(whats({ pools: [pool("default")] }, none, existing)).toEqual([
      "network lab is to be used and does not exist; there is none",
      "storage pool vms is to be used and does not exist; there is default",
    ]);
  });

  it("is no conflict when it is there, as the stack says", () => {
    const networks = [network("lab", "192.168.222.0/24", [range])];
    expect(whats({ networks, pools: [{ ...pool("vms"), type: "dir", capacity: 2 ** 40 }] }, none, existing)).toEqual(
      [],
    );
  });

  it("is a conflict when it is not active, with the command that starts it", () => {
    const networks = [{ ...network("lab", "192.168.222.0/24"), active: false }];
    expect(conflictsOf(existing, { ...nothing, networks, pools: [{ name: "vms", active: false }] }, none)).toEqual([
      { what: "network lab is to be used and is not active", look: "net-start lab" },
      { what: "storage pool vms is to be used and is not active", look: "pool-start vms" },
    ]);
  });

  it.each(["logical", "rbd", "disk"])("is a conflict when it is a pool of type %s", (type) => {
    const networks = [network("lab", "192.168.222.0/24", [range])];
    expect(whats({ networks, pools: [{ ...pool("vms"), type }] }, none, existing)).toEqual([
      `storage pool vms is of type ${type}, and nodes need one of dir, fs, netfs`,
    ]);
  });
});

describe("an existing network", () => {
  const misfits = (there: Inventory["networks"][number], raw: Record<string, string> = {}) =>
    whats({ networks: [there] }, none, wantedBy(configWith({ network: "lab", ...raw })));

  it("has to have the subnet that the stack says", () => {
    expect(misfits(network("lab", "192.168.122.0/24"))).toEqual([
      "network lab has 192.168.122.0/24, and networkCidr is 192.168.222.0/24",
    ]);
  });

  it("may have others beside it", () => {
    const [first] = addresses("10.9.0.0/24");
    const lab = network("lab", "192.168.222.0/24", [range]);
    expect(misfits({ ...lab, addresses: [first!, ...lab.addresses] })).toEqual([]);
  });

  it("has to have the gateway that nodes use", () => {
    const [only] = addresses("192.168.222.0/24", [range]);
    expect(misfits({ name: "lab", active: true, addresses: [{ ...only!, address: "192.168.222.254" }] })).toEqual([
      "network lab has the gateway 192.168.222.254, and nodes would use 192.168.222.1, the first address of networkCidr",
    ]);
  });

  it("has to lease the range that the stack says", () => {
    expect(misfits(network("lab", "192.168.222.0/24", [{ start: "192.168.222.50", end: "192.168.222.99" }]))).toEqual([
      "network lab leases 192.168.222.50-192.168.222.99, and dhcpStart and dhcpEnd say 192.168.222.100-192.168.222.254",
    ]);
  });

  it("leases no address that a node sets itself", () => {
    const whole = { start: "192.168.222.2", end: "192.168.222.254" };
    expect(misfits(network("lab", "192.168.222.0/24", [range, whole]))).toEqual([
      "network lab leases 192.168.222.100-192.168.222.254 and 192.168.222.2-192.168.222.254, and 192.168.222.10 in it would " +
        "be set by nodes themselves: masterAddress and static workers need addresses that no lease can take",
    ]);
    expect(misfits(network("lab", "192.168.222.0/24", [range, whole]), { workerAddressing: "static" })[0]).toContain(
      "192.168.222.10, 192.168.222.11, 192.168.222.12 in it",
    );
  });

  it("without leases is for static workers only", () => {
    const lab = network("lab", "192.168.222.0/24");
    expect(misfits(lab)).toEqual(["network lab leases no addresses, and workerAddressing is dhcp"]);
    expect(misfits(lab, { workerAddressing: "static" })).toEqual([]);
  });

  it("without an address is a bridge, of which nothing can be compared", () => {
    expect(misfits({ name: "lab", active: true, addresses: [] })).toEqual([]);
  });
});

describe("what the hypervisor can hold", () => {
  it("is less than a machine's memory", () => {
    expect(whats({ memoryMiB: 2047 })).toEqual([
      "dev-master wants 2048 MiB of memory, and the hypervisor has 2047 MiB",
      "dev-worker-node-1 wants 2048 MiB of memory, and the hypervisor has 2047 MiB",
    ]);
    expect(whats({ memoryMiB: 2048 })).toEqual([]);
  });

  it("is less than a disk", () => {
    const pools = [{ name: wanted.pool.name, active: true, type: "dir", capacity: 15 * 2 ** 30 }];
    expect(whats({ pools }, all)).toEqual([
      "dev-master wants a disk of 20 GiB, and storage pool nodeforge-dev has 15 GiB in all",
      "dev-worker-node-1 wants a disk of 20 GiB, and storage pool nodeforge-dev has 15 GiB in all",
    ]);
  });
});

describe("a stack that has all it wants", () => {
  it("has nothing to look up", () => {
    expect(isComplete(wanted, all)).toBe(true);
  });

  it.each<[string, Partial<Owned>]>([
    ["a domain", { domains: new Set(["dev-master"]) }],
    ["a machine's new memory", { memoryMiB: new Map() }],
    ["a root disk's new size", { rootBytes: new Map() }],
    ["the network", { networks: new Set() }],
    ["the network's new subnet", { subnets: new Set(["10.0.0.0/24"]) }],
    ["the pool", { pools: new Set() }],
    ["a volume", { volumes: new Set() }],
  ])("has something to look up without %s", (_, less) => {
    expect(isComplete(wanted, { ...all, ...less })).toBe(false);
  });

  it("has something to look up when a pool or network has to be there", () => {
    for (const raw of [{ network: "lab" }, { storagePool: "vms" }] as Record<string, string>[]) {
      const of = wantedBy(configWith(raw));
      expect(isComplete(of, ownedBy(knowing(of), of.pool.name))).toBe(false);
    }
  });
});
