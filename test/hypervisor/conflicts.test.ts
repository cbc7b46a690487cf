import { describe, expect, it } from "vitest";
import { parseSubnet } from "../../config/cidr.ts";
import { conflictsOf, isComplete, ownedBy, type Owned } from "../../hypervisor/conflicts.ts";
import type { Inventory } from "../../hypervisor/inventory.ts";
import { wantedBy, type Wanted } from "../../hypervisor/wanted.ts";
import { Known } from "../../lifecycle/known.ts";
import { configWith } from "../support/settings.ts";

const wanted = wantedBy(configWith({ workers: "1" }));
const nothing: Inventory = { domains: [], networks: [], pools: [], volumes: [] };
const subnets = (cidr: string) => [parseSubnet(cidr)!];

/** What a stack that has all of this knows. */
function knowing({ domains, network, pool, volumes }: Wanted): Known {
  const entries = [
    ...domains.map((name) => ({ kind: "domain:Domain", outputs: { name } })),
    { kind: "network:Network", outputs: { name: network.name, addresses: [network.subnet.cidr] } },
    { kind: "pool:Pool", outputs: { name: pool.name } },
    ...volumes.map((name) => ({ kind: "volume:Volume", outputs: { name, pool: pool.name } })),
  ];
  const resources = entries.map(({ kind, outputs }, index) => {
    return [`urn:${index}`, { type: `libvirt:index/${kind}`, name: outputs.name, outputs }] as const;
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
      domains: ["dev-master", "dev-worker-node-1"],
      network: { origin: "created", name: "scheduler_benchmark_net", subnet: parseSubnet("192.168.222.0/24") },
      pool: { origin: "created", name: "nodeforge-dev" },
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
    networks: [{ name: "scheduler_benchmark_net", subnets: subnets("10.0.0.0/24") }],
    pools: ["default", "nodeforge-dev"],
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
  const networks = [
    { name: "wide", subnets: subnets("192.168.0.0/16") },
    { name: "apart", subnets: subnets("192.168.223.0/24") },
  ];

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
    const existing = wantedBy(configWith({ network: "wide" }));
    expect(whats({ networks }, none, existing)).toEqual([]);
  });
});

describe("what has to be there", () => {
  const existing = wantedBy(configWith({ network: "lab", storagePool: "vms" }));

  it("is missed by name, with what is there instead", () => {
    expect(whats({ pools: ["default"] }, none, existing)).toEqual([
      "network lab is to be used and does not exist; there is none",
      "storage pool vms is to be used and does not exist; there is default",
    ]);
  });

  it("is no conflict when it is there", () => {
    const networks = [{ name: "lab", subnets: subnets("192.168.222.0/24") }];
    expect(whats({ networks, pools: ["vms"] }, none, existing)).toEqual([]);
  });
});

describe("a stack that has all it wants", () => {
  it("has nothing to look up", () => {
    expect(isComplete(wanted, all)).toBe(true);
  });

  it.each<[string, Partial<Owned>]>([
    ["a domain", { domains: new Set(["dev-master"]) }],
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
