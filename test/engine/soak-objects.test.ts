import { describe, expect, it } from "vitest";
import { Guests } from "./guests.ts";
import { changeByHand, isPossible, type ByHand } from "./soak-damages.ts";
import { SoakHands } from "./soak-hands.ts";
import { Model } from "./soak-model.ts";
import { objectProblems } from "./soak-objects.ts";
import { controlPlane, firstDesired, nodesOf, type Image } from "./soak-settings.ts";
import type { Thing } from "./things.ts";
import { World } from "./world.ts";

const digest = "0123456789ab";
const images = new Map<string, Image>([[digest, "first"]]);
const base = `/pools/nodeforge-lab/lab-base-${digest}.qcow2`;

/** Guests whose Nodes are those of the machines that run. */
class FewGuests extends Guests {
  readonly off = new Set<string>();
  readonly nodes = new Map<string, string>();
  override isRunning(id: string) {
    return [...this.nodes.values()].includes(id) && !this.off.has(id);
  }
  override stop(id: string) {
    this.off.add(id);
  }
  override start(id: string) {
    this.off.delete(id);
  }
  override remove(id: string) {
    this.off.add(id);
  }
  readonly deleted = new Set<string>();
  override deleteNode(name: string) {
    this.deleted.add(name);
  }
  override nodeList() {
    if (!this.isRunning(this.nodes.get(controlPlane)!)) return undefined;
    const there = [...this.nodes].filter(([name]) => !this.deleted.has(name));
    const items = there.map(([name, id]) => ({
      metadata: { name },
      status: { conditions: [{ type: "Ready", status: this.isRunning(id) ? "True" : "Unknown" }] },
    }));
    return { items };
  }
}

/** The first cluster of a soak as a complete run leaves it, without an engine. */
function firstCluster() {
  const [world, guests] = [new World(0), new FewGuests()];
  const add = (kind: string, name: string, id: string, properties: Record<string, unknown> = {}) => {
    const type = `libvirt:index/${kind.toLowerCase()}:${kind}`;
    world.add({ urn: `urn:pulumi:lab::nodeforge::${type}::lab-${name}`, type, id, taken: id, properties }, false);
  };
  add("Network", "network", "network");
  add("Pool", "pool", "pool");
  add("Volume", `base-${digest}`, base);
  add("Volume", "master-data", "/pools/nodeforge-lab/data");
  for (const [name, { memoryMiB }] of nodesOf(firstDesired)) {
    const disks = [`${name}-root`, `${name}-seed`, ...(name === controlPlane ? ["data"] : [])];
    add("Volume", `${name}-root`, `/pools/nodeforge-lab/${name}-root`, { baseVolumeId: base });
    add("Volume", `${name}-seed`, `/pools/nodeforge-lab/${name}-seed`);
    add("Domain", name, `id-of-${name}`, {
      memory: memoryMiB,
      running: true,
      disks: disks.map((disk) => ({ volumeId: `/pools/nodeforge-lab/${disk}` })),
    });
    guests.nodes.set(name, `id-of-${name}`);
    world.reservations.set(`network ${name}`, name);
  }
  const [model, stack] = [new Model(firstDesired), { world, guests }];
  const hands = new SoakHands(stack, images);
  return { world, guests, model, hands, problems: () => objectProblems(stack, model, images) };
}

describe("the objects of a cluster", () => {
  it("are those that the model knows", () => {
    expect(firstCluster().problems()).toEqual([]);
  });

  it.each<[ByHand, string[]]>([
    [{ do: "remove domain", node: 0 }, ["Domain master"]],
    [{ do: "remove domain", node: 1 }, ["Domain worker-small-1"]],
    [{ do: "remove root disk", node: 1 }, ["Volume worker-small-1-root"]],
    [{ do: "remove seed disk", node: 2 }, ["Volume worker-small-2-seed"]],
    [{ do: "remove base image", image: "first" }, ["Volume base"]],
    [{ do: "power off", node: 0 }, []],
    [{ do: "power off", node: 3 }, []],
    [{ do: "delete Node", node: 2 }, []],
    [{ do: "reboot" }, []],
  ])("follow the model after %j", (operation, removed) => {
    const { world, model, hands, problems } = firstCluster();
    const before = [...world.things];
    expect(isPossible(operation, model)).toBe(true);
    changeByHand(operation, model, hands);
    expect(problems()).toEqual([]);
    const gone = before.filter((thing) => ![...world.things].includes(thing));
    expect(gone.map(({ urn }) => urn.split("::lab-").at(-1)!.replace(`-${digest}`, ""))).toEqual(
      removed.map((resource) => resource.split(" ")[1]),
    );
    expect(isPossible(operation, model)).toBe(operation.do === "reboot");
  });

  it("follow the model after several changes by hand of one node", () => {
    const { model, hands, problems } = firstCluster();
    for (const change of [
      "power off",
      "remove seed disk",
      "delete Node",
      "remove root disk",
      "remove domain",
    ] as const) {
      changeByHand({ do: change, node: 1 }, model, hands);
      expect(problems(), change).toEqual([]);
    }
    expect(isPossible({ do: "power off", node: 1 }, model)).toBe(false);
  });

  it("have a problem for each difference from the model", () => {
    const { world, guests, model, problems } = firstCluster();
    const domain = world.named("Domain", "id-of-worker-small-1")!;
    guests.stop(domain.id);
    guests.deleteNode("worker-big-1");
    world.add({ ...domain, id: "orphan", taken: "orphan", urn: domain.urn.replace("small-1", "small-9") }, false);
    const disks = (name: string) => `2048 MiB, ${name}-root, ${name}-seed`;
    const expected = [
      `expected 1 of "Domain worker-small-1: runs, ${disks("worker-small-1")}", found 0`,
      'expected 1 of "Node worker-big-1: True", found 0',
      'expected 1 of "Node worker-small-1: True", found 0',
      `expected 0 of "Domain worker-small-1: is off, ${disks("worker-small-1")}", found 1`,
      `expected 0 of "Domain worker-small-9: is off, ${disks("worker-small-1")}", found 1`,
      'expected 0 of "Node worker-small-1: Unknown", found 1',
    ];
    expect(problems()).toEqual(expected);
    // A run that ended early tells nothing about the nodes that it changed, and everything about the others.
    model.stop(new Set(["worker-small-1"]), () => "unknown");
    expect(problems()).toEqual(expected.filter((line) => !line.includes("worker-small-1:")));
  });

  it("are left alone by a change by hand of another object", () => {
    const { world, guests, hands } = firstCluster();
    const drop = world.drop.bind(world);
    const seed = world.withId("Volume", "/pools/nodeforge-lab/worker-small-1-seed")!;
    world.drop = (thing: Thing) => [thing, seed].forEach(drop);
    expect(() => hands.remove("Volume", "worker-small-1-root")).toThrow(
      "a change by hand changed Volume worker-small-1-root /pools/nodeforge-lab/worker-small-1-root, " +
        "Volume worker-small-1-seed /pools/nodeforge-lab/worker-small-1-seed, " +
        "expected Volume worker-small-1-root /pools/nodeforge-lab/worker-small-1-root",
    );
    world.drop = drop;
    expect(hands.remove("Domain", "worker-small-7")).toBe(false);
    expect(hands.powerOff("worker-small-7")).toBe(false);
    guests.start = () => undefined;
    expect(() => hands.reboot()).toThrow(/^a change by hand changed , expected Domain master id-of-master, /);
  });
});
