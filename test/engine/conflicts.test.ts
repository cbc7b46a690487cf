import { describe, expect, it } from "vitest";
import { concernsCluster } from "../../cli/diagnose/after-failure.ts";
import { refreshFromLibvirt } from "../../cli/stack/refresh.ts";
import { TestStack } from "./stack.ts";

/** Adds an object of another user to the world. */
function put(stack: TestStack, kind: string, taken: string, properties: Record<string, unknown> = {}): void {
  const type = `libvirt:index/${kind.toLowerCase()}:${kind}`;
  stack.world.add({ urn: "", type, id: kind === "Volume" ? taken : `theirs-${taken}`, taken, properties }, false);
}

describe("names that another user has", () => {
  it("are refused by up and preview with one error, before anything is created, and nothing is touched", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    put(stack, "Domain", "lab-master");
    put(stack, "Domain", "unrelated");
    put(stack, "Pool", "nodeforge-lab");
    put(stack, "Network", "scheduler_benchmark_net", { addresses: ["10.0.0.1/24"] });
    put(stack, "Network", "other", { addresses: ["192.168.222.1/25"] });
    const before = [...stack.world.things];
    const up = await stack.up();
    for (const outcome of [await stack.preview(), up]) {
      expect(outcome.succeeded).toBe(false);
      for (const conflict of [
        "domain lab-master exists: virsh -c qemu:///system desc lab-master",
        "network scheduler_benchmark_net exists",
        "network other has 192.168.222.0/25, which overlaps networkCidr 192.168.222.0/24",
        "storage pool nodeforge-lab exists",
      ]) {
        expect(outcome.text).toContain(conflict);
      }
      expect(outcome.text).not.toContain("unrelated");
      expect(outcome.text).not.toMatch(/^\s+at /m);
      expect(outcome.calls.list).toEqual([]);
    }
    expect(await concernsCluster(stack.session(), up.text, 0)).toBe(false);
    expect([...stack.world.things]).toEqual(before);
  });

  it("do not give a cluster another user's volumes, even with the same name and content", async () => {
    await using stack = await TestStack.create({ workers: 0, storagePool: "theirs" });
    put(stack, "Pool", "theirs");
    const first = await stack.up();
    expect(first.succeeded, first.text).toBe(true);
    const volumes = stack.world.ofKind("Volume").map(({ taken }) => taken);
    expect((await stack.destroy()).succeeded).toBe(true);
    for (const taken of volumes) put(stack, "Volume", taken);
    const theirs = stack.world.ofKind("Volume");
    const { succeeded, text } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(stack.world.ofKind("Volume")).toHaveLength(2 * volumes.length);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect(stack.world.ofKind("Volume")).toEqual(theirs);
  });

  it("are refused for volumes that the cluster must still create", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const id = /-data-([0-9a-f]{8})/.exec(
      stack.world
        .ofKind("Volume")
        .map(({ taken }) => taken)
        .join(),
    )?.[1];
    const [base] = stack.world.ofKind("Volume").filter(({ taken }) => taken.includes("lab-base"));
    stack.world.drop(base!);
    expect(base!.taken).toMatch(new RegExp(`/lab-base-[0-9a-f]{12}-${id}\\.qcow2$`));
    await refreshFromLibvirt(stack.session());
    put(stack, "Volume", base!.taken);
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text).toContain(`volume ${base!.taken.split("/").at(-1)} exists in pool nodeforge-lab`);
  });

  it("do not block an existing cluster, and only the new names of a growing one are compared", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    const { succeeded, text } = await stack.up({ workers: 2 });
    expect(succeeded, text).toBe(true);
    put(stack, "Domain", "lab-worker-node-3");
    const grown = await stack.up({ workers: 3 });
    expect([grown.succeeded, grown.calls.list]).toEqual([false, []]);
    expect(grown.text.match(/ exists: virsh/g)).toHaveLength(1);
    // Without a new name, libvirt is not asked.
    expect((await stack.preview({ workers: 2 })).steps).toEqual([]);
  });
});

describe("a new storage pool", () => {
  it("is refused in a folder that is not empty, and in the folder of another pool", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    put(stack, "Pool", "theirs", { target: { path: stack.folder } });
    const { succeeded, text, calls } = await stack.up({ storagePoolPath: stack.folder });
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text).toContain(`storagePoolPath ${stack.folder} must be missing or empty, but has `);
    expect(text).toContain(`storage pool theirs already has the directory ${stack.folder}`);
  });
});

describe("an existing pool and network that the configuration names", () => {
  it("are refused by name when they do not exist, with the names that do", async () => {
    await using stack = await TestStack.create({ workers: 0, storagePool: "thiers", network: "lab-net" });
    put(stack, "Pool", "theirs");
    put(stack, "Pool", "default");
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text).toContain("storage pool thiers does not exist; libvirt has theirs, default");
    expect(text).toContain("network lab-net does not exist; libvirt has none");
  });

  it("are refused by preview and up when they are off, or contradict the configuration", async () => {
    await using stack = await TestStack.create({ workers: 0, storagePool: "theirs", network: "their-net" });
    put(stack, "Pool", "theirs", { active: false, type: "logical" });
    put(stack, "Network", "their-net", {
      active: false,
      addresses: ["192.168.222.1/24"],
      range: ["192.168.222.2", "192.168.222.254"],
    });
    for (const { succeeded, text, calls } of [await stack.preview(), await stack.up()]) {
      expect([succeeded, calls.list]).toEqual([false, []]);
      for (const said of [
        "network their-net is not active: virsh -c qemu:///system net-start their-net",
        "storage pool theirs is not active: virsh -c qemu:///system pool-start theirs",
        "storage pool theirs has type logical, expected dir, fs, netfs, which store qcow2 files",
        "network their-net has the DHCP range 192.168.222.2-192.168.222.254, but dhcpStart and dhcpEnd are 192.168.222.100-192.168.222.254",
        "with the address 192.168.222.10 of lab-master, so another machine may get a lease for it",
      ]) {
        expect(text).toContain(said);
      }
    }
  });

  it("are refused with another subnet, and used once the configuration matches them", async () => {
    await using stack = await TestStack.create({ workers: 0, network: "their-net" });
    put(stack, "Network", "their-net", {
      addresses: ["192.168.122.1/24"],
      range: ["192.168.122.100", "192.168.122.254"],
    });
    const refused = await stack.preview();
    expect([refused.succeeded, refused.calls.list]).toEqual([false, []]);
    expect(refused.text).toContain("network their-net has 192.168.122.0/24, but networkCidr is 192.168.222.0/24");
    expect((await stack.preview({ networkCidr: "192.168.122.0/24" })).steps).not.toEqual([]);
  });
});
