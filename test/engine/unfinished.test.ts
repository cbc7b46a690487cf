import { describe, expect, it } from "vitest";
import { refreshFromLibvirt } from "../../cli/stack/refresh.ts";
import { TestStack } from "./stack.ts";
import { previewOf, recoveryOf } from "./recovering.ts";
import type { Thing } from "./things.ts";
import { PartlyCreated } from "./world.ts";

/** Makes the start of a machine fail: its domain stays defined, and the engine is not told its id. */
function failToStart(stack: TestStack, name: string): void {
  stack.world.on("after", new RegExp(`create Domain ${name}$`), () => {
    stack.guests.stop(domainOf(stack, name).id);
    throw new Error("cannot allocate memory");
  });
}

function domainOf(stack: TestStack, name: string): Thing {
  return stack.world.ofKind("Domain").find(({ taken }) => taken === `lab-${name}`)!;
}

/** Lines of a recovery that removes a machine on which no step has run. */
const removedMachine = (name: string) => [
  `removed domain lab-${name}: its creation failed in an earlier run`,
  expect.stringMatching(
    new RegExp(
      `^removed volume lab-${name}-root-[0-9a-f]{7,8}: no step had run on its machine, and its first boot may be`,
    ),
  ) as string,
];

describe("a machine whose creation failed after libvirt had defined it", () => {
  it("is removed before the next attempt when it is new, and nothing else is touched", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    failToStart(stack, "worker-node-1");
    expect((await stack.up({ workers: 1 })).succeeded).toBe(false);
    stack.world.calm();
    const description = String(domainOf(stack, "worker-node-1").properties.description);
    const theirs = [
      // Another cluster of this name, or a user, may have created these.
      ["lab-worker-node-7", description.replace(/[0-9a-f]{8}-/, "00000000-")],
      ["lab-worker-node-8", ""],
      // A user may have created this copy under another name.
      ["copy-of-lab-worker-node-1", description],
    ].map(([taken = "", description]) => {
      const type = "libvirt:index/domain:Domain";
      const thing = { urn: "", type, id: `theirs-${taken}`, taken, properties: { description } };
      stack.world.add(thing, false);
      return thing;
    });

    const { log, printed } = await recoveryOf(stack);
    expect(log).toEqual(removedMachine("worker-node-1"));
    expect(printed.join("\n")).toMatch(/volume.*lab-worker-node-1-root.*delete/i);
    expect(stack.world.ofKind("Domain").filter((domain) => theirs.includes(domain as never))).toEqual(theirs);
    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    // Its seed disk exists already.
    expect(calls.list.filter((operation) => /Volume|master/.test(operation))).toEqual([
      "create Volume worker-node-1-root",
    ]);
    theirs.forEach((thing) => stack.world.drop(thing));
    expect(await stack.drift()).toEqual([]);
    expect((await recoveryOf(stack)).log).toEqual([]);
  });

  it("is removed before the next attempt when it runs, because the answer of libvirt was lost", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    stack.world.on("after", /create Domain worker-node-2$/, () => {
      throw new Error("procedure interrupted while awaiting response");
    });
    expect((await stack.up({ workers: 2 })).succeeded).toBe(false);
    stack.world.calm();
    expect(stack.guests.isRunning(domainOf(stack, "worker-node-2").id)).toBe(true);
    const others = ["master", "worker-node-1"].map((name) => domainOf(stack, name).id);
    expect((await recoveryOf(stack)).log).toEqual(removedMachine("worker-node-2"));
    const { succeeded, text } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(["master", "worker-node-1"].map((name) => domainOf(stack, name).id)).toEqual(others);
    expect(await stack.drift()).toEqual([]);
    expect((await recoveryOf(stack)).log).toEqual([]);
  });

  it("is removed before the next attempt when it replaces another machine", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    failToStart(stack, "worker-node-1");
    expect((await stack.up({ workerMemoryMiB: 1_000_000 })).succeeded).toBe(false);
    stack.world.calm();
    expect((await recoveryOf(stack)).log).toEqual(removedMachine("worker-node-1"));
    const { succeeded, text } = await stack.up({ workerMemoryMiB: 4096 });
    expect(succeeded, text).toBe(true);
    expect(await stack.drift()).toEqual([]);
  });

  it("is removed when the cluster is destroyed", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    failToStart(stack, "worker-node-1");
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    expect((await recoveryOf(stack)).log).toEqual(removedMachine("worker-node-1"));
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });

  it("is removed also when a user has started it, and a domain that is off and in the state is kept", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    failToStart(stack, "worker-node-1");
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    stack.guests.start(domainOf(stack, "worker-node-1").id);
    stack.guests.stop(domainOf(stack, "master").id);
    expect((await recoveryOf(stack)).log).toEqual(removedMachine("worker-node-1"));
    expect(stack.world.ofKind("Domain").map(({ taken }) => taken)).toEqual(["lab-master"]);
  });
});

describe("a volume whose upload failed", () => {
  it.each([
    ["base image", /create Volume base/, /^removed volume lab-base-[0-9a-f]{12}-[0-9a-f]{8}\.qcow2: its upload failed/],
    [
      "seed disk",
      /create Volume master-seed/,
      /^removed volume lab-master-seed-[0-9a-f]{12}-[0-9a-f]{8}\.iso: its upload failed/,
    ],
  ])("is uploaded again when it is a %s", async (_, pattern, line) => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("after", pattern, () => {
      throw new PartlyCreated("no space left on device");
    });
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    const volumes = stack.world.ofKind("Volume").length;
    // A refresh would count it as complete.
    expect((await previewOf(stack)).ran).toEqual(["stack export", "preview --stack lab"]);
    const { log } = await recoveryOf(stack);
    expect(log).toEqual([expect.stringMatching(line)]);
    expect(stack.world.ofKind("Volume")).toHaveLength(volumes - 1);
    // `up` refreshes next, and then nothing marks it.
    await refreshFromLibvirt(stack.session());
    expect((await previewOf(stack)).ran).toContain("refresh");
    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(calls.matching(pattern)).toHaveLength(1);
    expect(await stack.drift()).toEqual([]);
    expect((await recoveryOf(stack)).log).toEqual([]);
  });

  it("is destroyed with the stack although libvirt does not have it", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("after", /create Volume base/, () => {
      throw new PartlyCreated("no space left on device");
    });
    await stack.up();
    stack.world.calm();
    expect((await recoveryOf(stack)).log).toHaveLength(1);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });

  it("is kept when it has no source, because it may hold data", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("after", /create Volume master-data/, () => {
      throw new PartlyCreated("the link was lost");
    });
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    const volumes = stack.world.ofKind("Volume");
    expect((await recoveryOf(stack)).log).toEqual([]);
    expect(stack.world.ofKind("Volume")).toEqual(volumes);
  });
});

it("a stack without anything to recover costs one list of virsh, and none before its first up", async () => {
  await using stack = await TestStack.create({ workers: 0 });
  expect(await recoveryOf(stack)).toEqual({ log: [], printed: [], calls: [] });
  expect((await previewOf(stack)).ran).not.toContain("refresh");
  await stack.up();
  const calls = ["list --all --uuid --name"];
  expect(await recoveryOf(stack)).toEqual({ log: [], printed: [], calls });
  const ran = (...commands: string[]) => ({ code: 0, log: [], ran: [...commands, "preview --stack lab"] });
  expect(await previewOf(stack)).toEqual(ran("stack export", "refresh"));
  expect((await previewOf(stack, "-r")).ran).toEqual(["stack export", "preview --stack lab -r"]);
});
