import { copyFile, writeFile, mkdir, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestStack } from "./stack.ts";
import { interruptCreations, killAfter, previewOf, recoveryOf } from "./recovering.ts";

describe("an up that was killed", () => {
  it("is completed after a kill at any creation, and no object is created twice", async () => {
    await using stack = await TestStack.create();
    await interruptCreations(stack, "sample");
  });

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
    const { log } = await recoveryOf(stack);
    expect(log.filter((line) => /^(kept|removed)/.test(line))).toEqual([
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
    expect((await recoveryOf(stack)).log.filter((line) => line.startsWith("kept network"))).toHaveLength(1);
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
  let stack: TestStack;
  let restoreOthers: () => void;

  beforeAll(async () => {
    stack = await TestStack.create({ workers: 1 });
    const made = await stack.up();
    expect(made.succeeded, made.text).toBe(true);
    const restore = [stack.world.remember(), stack.guests.remember()];
    restoreOthers = () => restore.forEach((each) => each());
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  /** Deletes everything from the hypervisor by hand. */
  function deleteAll() {
    for (const thing of [...stack.world.things]) {
      stack.world.drop(thing);
      stack.guests.remove(thing.id);
    }
  }

  it.each([
    ["Network", /create Network/, ["network scheduler_benchmark_net"]],
    ["base image", /create Volume base/, []],
    ["seed disk", /create Volume master-seed/, []],
    ["domain", /create Domain master/, ["domain lab-master"]],
  ])("touches nothing of that cluster when it was killed at its %s", async (_, pattern, kept) => {
    await stack.elsewhere();
    deleteAll();
    await killAfter(stack, pattern);
    deleteAll();
    restoreOthers();
    const living = [...stack.world.things];
    const running = stack.world.ofKind("Domain").map(({ id }) => stack.guests.isRunning(id));

    const { log, calls } = await recoveryOf(stack);
    expect(log.filter((line) => line.startsWith("removed"))).toEqual([]);
    for (const what of kept) expect(log).toContainEqual(expect.stringContaining(`kept ${what}: `));
    expect(calls.join("\n")).not.toMatch(/^(vol-delete|pool-undefine|net-undefine|undefine|\S*destroy)/m);
    expect([...stack.world.things]).toEqual(living);
    // The rest of `up` touches nothing of it either, nor does `destroy`.
    const up = await stack.up();
    expect([up.succeeded, up.calls.list]).toEqual([false, []]);
    expect(up.text).toContain("domain lab-master exists");
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual(living);
    expect(running).toEqual([true, true]);
    expect(stack.world.ofKind("Domain").map(({ id }) => stack.guests.isRunning(id))).toEqual(running);
  });
});

describe("an up that was killed, whose pool another checkout uses", () => {
  it("deletes only its own volume", async () => {
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
    const { log } = await recoveryOf(stack);
    expect(log).toContain(`removed volume ${own!.taken.split("/").at(-1)}: its creation was interrupted`);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect(stack.world.ofKind("Volume").filter(({ taken }) => taken.includes("lab-base"))).toEqual(others);
    expect(stack.world.ofKind("Domain")).toHaveLength(1);
  });
});

describe("a destroy that was killed", () => {
  let stack: TestStack;
  let restore: () => Promise<void>;

  beforeAll(async () => {
    stack = await TestStack.create({ workers: 1 });
    await stack.up();
    restore = await stack.remember();
  });
  beforeEach(() => restore());
  afterAll(() => stack[Symbol.asyncDispose]());

  it.each([/delete Domain worker-node-1/, /delete Domain master/, /delete Network/, /delete Pool/])(
    "at %s is completed by the next one",
    async (pattern) => {
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
  ])("of %s is left to Pulumi, with all objects that it may be creating", async (_, host, log) => {
    await using stack = await TestStack.create({ workers: 0 });
    await killAfter(stack, /create Domain master/);
    const program = join(stack.folder, "pulumi");
    await copyFile("/bin/sleep", program);
    const living = execa(program, ["120"], { reject: false });
    const left = await lock(stack, { pid: living.pid, hostname: host });
    const things = [...stack.world.things];
    const previewed = await previewOf(stack);
    expect(previewed.log).toEqual([expect.stringContaining("the state could not be refreshed from libvirt")]);
    expect(await recoveryOf(stack)).toEqual({ log, printed: [], calls: [] });
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
      log: ["the last run on stack lab did not finish; `npm run up` recovers it first"],
      ran: ["stack export", "preview --stack lab --json"],
    });
    expect(await left()).toEqual(locks);
    expect(locks).toHaveLength(1);
    const shown = await stack.preview();
    expect(shown.succeeded, shown.text).toBe(true);
    expect((await recoveryOf(stack)).log).toContain("releasing the lock of process 999999999, which has ended");
    expect(await left()).toEqual([]);
    expect((await stack.up()).succeeded).toBe(true);
  });
});
