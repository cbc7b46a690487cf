import { describe, expect, it } from "vitest";
import { concernsCluster } from "../../toolchain/diagnose/after-failure.ts";
import { TestStack } from "./stack.ts";

/** Something that is there already, of somebody else. */
function put(stack: TestStack, kind: string, taken: string, properties: Record<string, unknown> = {}): void {
  const type = `libvirt:index/${kind.toLowerCase()}:${kind}`;
  stack.world.add({ urn: "", type, id: kind === "Volume" ? taken : `theirs-${taken}`, taken, properties }, false);
}

describe("names that somebody else has", () => {
  it("are refused by up and preview with one error, before anything is made, and nothing is touched", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    put(stack, "Domain", "lab-master");
    put(stack, "Domain", "somebody");
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
      expect(outcome.text).not.toContain("somebody");
      expect(outcome.text).not.toMatch(/^\s+at /m);
      expect(outcome.calls.list).toEqual([]);
    }
    expect(await concernsCluster(stack.session(), up.text, 0)).toBe(false);
    expect([...stack.world.things]).toEqual(before);
  });

  it("are refused for volumes too, which the provider would take over", async () => {
    await using stack = await TestStack.create({ workers: 0, storagePool: "theirs" });
    put(stack, "Pool", "theirs");
    const first = await stack.up();
    expect(first.succeeded, first.text).toBe(true);
    const volumes = stack.world.ofKind("Volume").map(({ taken }) => taken);
    expect((await stack.destroy()).succeeded).toBe(true);
    for (const taken of volumes) put(stack, "Volume", taken);
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text.match(/volume lab-base-[0-9a-f]{12}\.qcow2 exists in pool theirs/g)).toHaveLength(1);
    expect(text.match(/volume lab-master-seed-[0-9a-f]{12}\.iso exists in pool theirs/g)).toHaveLength(1);
    expect(stack.world.ofKind("Volume")).toHaveLength(volumes.length);
  });

  it("do not stand in the way of a cluster that is there, or grows", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    const { succeeded, text } = await stack.up({ workers: 2 });
    expect(succeeded, text).toBe(true);
    put(stack, "Domain", "lab-worker-node-3");
    const grown = await stack.up({ workers: 3 });
    expect([grown.succeeded, grown.calls.list]).toEqual([false, []]);
    expect(grown.text.match(/ exists: virsh/g)).toHaveLength(1);
    // Nothing is asked where nothing is new.
    expect((await stack.preview({ workers: 2 })).steps).toEqual([]);
  });
});

describe("a pool and a network that are to be used", () => {
  it("are refused by name when they do not exist, with those that do", async () => {
    await using stack = await TestStack.create({ workers: 0, storagePool: "thiers", network: "lab-net" });
    put(stack, "Pool", "theirs");
    put(stack, "Pool", "default");
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text).toContain("storage pool thiers is to be used and does not exist; there are theirs, default");
    expect(text).toContain("network lab-net is to be used and does not exist; there is none");
  });
});
