import { copyFile, writeFile, mkdir, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { cluster } from "./names.ts";
import { TestStack } from "./stack.ts";
import { previewOf, recoveryOf } from "./recovering.ts";
import type { Call, Moment } from "./world.ts";

/** Kills an `up` after an object was created and before the state records it. */
async function killAfter(stack: TestStack, pattern: RegExp): Promise<void> {
  stack.world.on("after", pattern, () => stack.cli.kill());
  expect((await stack.up()).succeeded).toBe(false);
  stack.world.calm();
}

describe("an up that was killed", () => {
  it(
    "is continued after a kill at every single creation, and nothing is created twice",
    { timeout: 600_000 },
    async () => {
      await using stack = await TestStack.create({ workers: 1 });
      const killedAt: string[] = [];
      const removed: string[] = [];
      for (;;) {
        const before = killedAt.length;
        const kill = (moment: Moment) => (call: Call) => {
          const happens = /^(Pool|Network|Volume|Domain) /.test(call.resource) || before % 2 === 0;
          if (killedAt.length > before || killedAt.includes(call.resource) || happens !== (moment === "after")) return;
          killedAt.push(call.resource);
          stack.cli.kill();
          if (!happens) throw new Error("killed");
        };
        stack.world.on("before", /^create/, kill("before"));
        stack.world.on("after", /^create/, kill("after"));
        const { succeeded, text } = await stack.up();
        stack.world.calm();
        if (killedAt.length === before) {
          expect(succeeded, text).toBe(true);
          break;
        }
        const { said, printed } = await recoveryOf(stack);
        expect(said[0], printed.join("\n")).toBe("the last run on stack lab was killed; recovering it");
        removed.push(...said.flatMap((line) => /^removed (.*): its creation/.exec(line)?.[1] ?? []));
        expect((await stack.export()).deployment.pending_operations, printed.join("\n")).toBeUndefined();
        expect((await stack.drift()).filter((line) => line.includes("libvirt:"))).toEqual([]);
      }
      expect(killedAt.sort()).toEqual(cluster(1));
      expect(await stack.drift()).toEqual([]);
      const names = removed.map((what) => what.replace(/(-[0-9a-f]{8,12})+(?=$|\.)/, "")).sort();
      expect([...new Set(names)]).toEqual([
        "domain lab-master",
        "domain lab-worker-node-1",
        "network scheduler_benchmark_net",
        "storage pool nodeforge-lab",
        "volume lab-base.qcow2",
        "volume lab-master-data.qcow2",
        "volume lab-master-root",
        "volume lab-master-seed.iso",
        "volume lab-worker-node-1-root",
        "volume lab-worker-node-1-seed.iso",
      ]);
      expect((await recoveryOf(stack)).said).toEqual([]);
      expect((await stack.preview()).steps).toEqual([]);
    },
  );

  it("is undone completely by destroy", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await killAfter(stack, /create Domain worker-node-1/);
    await recoveryOf(stack);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });

  it("loses no object that is not certainly its own", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await killAfter(stack, /create Domain master/);
    const [domain] = stack.world.ofKind("Domain");
    domain!.properties = { ...domain!.properties, description: "nodeforge cluster lab, another one's" };
    const { said } = await recoveryOf(stack);
    expect(said.filter((line) => /^(kept|removed)/.test(line))).toEqual([
      "kept domain lab-master: its description is not the one this stack gives it: virsh desc lab-master",
    ]);
    expect([...stack.world.ofKind("Domain")]).toEqual([domain]);
    // The next run names it as well, before it changes anything.
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text).toContain("domain lab-master exists");
  });

  it("keeps a network without its mark", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await killAfter(stack, /create Network/);
    const [network] = stack.world.ofKind("Network");
    network!.properties = { ...network!.properties, xml: {} };
    expect((await recoveryOf(stack)).said.filter((line) => line.startsWith("kept network"))).toHaveLength(1);
    expect([...stack.world.ofKind("Network")]).toEqual([network]);
  });

  it("recreates an object that is missing since", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    stack.world.on("after", /create Domain worker-node-2/, () => stack.cli.kill());
    await stack.up({ workers: 2 });
    stack.world.calm();
    const missing = stack.world.ofKind("Domain").find(({ taken }) => taken === "lab-worker-node-1")!;
    stack.world.drop(missing);
    stack.guests.remove(missing.id);
    const { printed } = await recoveryOf(stack);
    const { succeeded, text } = await stack.up();
    expect(succeeded, [...printed, text].join("\n")).toBe(true);
    expect(await stack.drift()).toEqual([]);
    expect(stack.world.ofKind("Domain")).toHaveLength(3);
  });
});

describe("an up that was killed, whose cluster another checkout has created since", () => {
  it.each([
    ["Network", /create Network/, ["network scheduler_benchmark_net"]],
    ["base image", /create Volume base/, []],
    ["seed disk", /create Volume master-seed/, []],
    ["domain", /create Domain master/, ["domain lab-master"]],
  ])("touches nothing of that cluster when it was killed at its %s", async (_, pattern, kept) => {
    await using stack = await TestStack.create({ workers: 1 });
    await killAfter(stack, pattern);
    // Another user removes everything by hand, and starts again from another clone.
    const firstOnes = [...stack.world.things];
    for (const thing of firstOnes) {
      stack.world.drop(thing);
      stack.guests.remove(thing.id);
    }
    const goBack = await stack.elsewhere();
    const made = await stack.up();
    expect(made.succeeded, made.text).toBe(true);
    const living = [...stack.world.things];
    const running = stack.world.ofKind("Domain").map(({ id }) => stack.guests.isRunning(id));
    await goBack();

    const { said, asked } = await recoveryOf(stack);
    expect(said.filter((line) => line.startsWith("removed"))).toEqual([]);
    for (const what of kept) expect(said).toContainEqual(expect.stringContaining(`kept ${what}: `));
    expect(asked.join("\n")).not.toMatch(/^(vol-delete|pool-undefine|net-undefine|undefine|\S*destroy)/m);
    expect([...stack.world.things]).toEqual(living);
    // The rest of `up` touches nothing of it either, nor does `destroy`.
    const up = await stack.up();
    expect([up.succeeded, up.calls.list]).toEqual([false, []]);
    expect(up.text).toContain("domain lab-master exists");
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual(living);
    expect(stack.world.ofKind("Domain").map(({ id }) => stack.guests.isRunning(id))).toEqual(running);
  });

  it("deletes only its own volume where both use one pool", async () => {
    await using stack = await TestStack.create({ workers: 0, storagePool: "theirs" });
    stack.world.add({ urn: "", type: "libvirt:index/pool:Pool", id: "p", taken: "theirs", properties: {} }, false);
    await killAfter(stack, /create Volume base/);
    const [own] = stack.world.ofKind("Volume").filter(({ taken }) => taken.includes("lab-base"));
    // The network would block the other checkout, so it is removed by hand; the volumes stay.
    for (const thing of stack.world.ofKind("Network")) stack.world.drop(thing);
    const goBack = await stack.elsewhere();
    const made = await stack.up();
    expect(made.succeeded, made.text).toBe(true);
    const others = stack.world
      .ofKind("Volume")
      .filter(({ taken }) => taken.includes("lab-base") && taken !== own!.taken);
    expect(others).toHaveLength(1);
    await goBack();
    const { said } = await recoveryOf(stack);
    expect(said).toContain(`removed volume ${own!.taken.split("/").at(-1)}: its creation was interrupted`);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect(stack.world.ofKind("Volume").filter(({ taken }) => taken.includes("lab-base"))).toEqual(others);
    expect(stack.world.ofKind("Domain")).toHaveLength(1);
  });
});

describe("a destroy that was killed", () => {
  it.each([/delete Domain worker-node-1/, /delete Domain master/, /delete Network/, /delete Pool/])(
    "at %s is completed by the next one",
    async (pattern) => {
      await using stack = await TestStack.create({ workers: 1 });
      await stack.up();
      stack.world.on("after", pattern, () => stack.cli.kill());
      expect((await stack.destroy()).succeeded).toBe(false);
      stack.world.calm();
      const { printed } = await recoveryOf(stack);
      // The real provider fails to delete a missing object.
      expect((await stack.drift()).filter((line) => line.includes("libvirt:"))).toEqual([]);
      const { succeeded, text } = await stack.destroy();
      expect(succeeded, [...printed, text].join("\n")).toBe(true);
      expect([...stack.world.things]).toEqual([]);
      expect((await stack.export()).deployment.resources ?? []).toEqual([]);
    },
  );
});

describe("a lock", () => {
  /** Locks a stack; returns a reader of the folder of its locks. */
  async function lock(stack: TestStack, content: object) {
    const folder = join(stack.folder, "state", ".pulumi", "locks", "organization", "nodeforge", "lab");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "0.json"), JSON.stringify({ username: "user", timestamp: new Date(), ...content }));
    return () => readdir(folder);
  }

  it.each([
    ["a living Pulumi", hostname(), []],
    ["another machine", "elsewhere", [expect.stringContaining("cannot be checked from here")]],
  ])("of %s is left to Pulumi, with all objects that it may be creating", async (_, host, said) => {
    await using stack = await TestStack.create({ workers: 0 });
    await killAfter(stack, /create Domain master/);
    const program = join(stack.folder, "pulumi");
    await copyFile("/bin/sleep", program);
    const living = execa(program, ["120"], { reject: false });
    const left = await lock(stack, { pid: living.pid, hostname: host });
    const things = [...stack.world.things];
    const previewed = await previewOf(stack);
    expect(previewed.said).toEqual([expect.stringContaining("the state could not be refreshed from libvirt")]);
    expect(await recoveryOf(stack)).toEqual({ said, printed: [], asked: [] });
    expect(await left()).toHaveLength(2);
    expect([...stack.world.things]).toEqual(things);
    const { succeeded, text } = await stack.up();
    expect(succeeded).toBe(false);
    expect(text).toContain("pulumi cancel");
    living.kill();
    await living;
  });

  it("of a process that has ended is released", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const left = await lock(stack, { pid: 999_999_999, hostname: hostname() });
    const locks = await left();
    expect(await previewOf(stack, "--json")).toEqual({
      code: 0,
      said: ["the last run on stack lab did not finish; `npm run up` recovers it first"],
      ran: ["stack export", "preview --stack lab --json"],
    });
    expect(await left()).toEqual(locks);
    expect(locks).toHaveLength(1);
    const shown = await stack.preview();
    expect(shown.succeeded, shown.text).toBe(true);
    expect((await recoveryOf(stack)).said).toContain("releasing the lock of process 999999999, which has ended");
    expect(await left()).toEqual([]);
    expect((await stack.up()).succeeded).toBe(true);
  });
});
