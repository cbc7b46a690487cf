import { writeFile, mkdir, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { preview } from "../../toolchain/preview.ts";
import { takeOver } from "../../toolchain/takeover.ts";
import { cluster } from "./names.ts";
import { TestStack } from "./stack.ts";
import { HalfMade, type Call, type Moment, type Thing } from "./world.ts";

/** Takes over as the commands do; returns what it says, what Pulumi printed, and what virsh was asked. */
async function takeOverOf(stack: TestStack) {
  const said: string[] = [];
  const printed: string[] = [];
  const asked: string[] = [];
  await takeOver(stack.session(printed), {
    connect:
      () =>
      (...args) => {
        asked.push(args.join(" "));
        return stack.virsh(...args);
      },
    log: (line) => said.push(line),
  });
  return { said, printed, asked };
}

/** Previews as the command does, but for the program; returns what it says and which commands of Pulumi it ran. */
async function previewOf(stack: TestStack, ...rest: string[]) {
  const said: string[] = [];
  const ran: string[] = [];
  const session = stack.session();
  const ask = (args: readonly string[]) => {
    ran.push(args.slice(0, 2).join(" ").replace(/ --.*/, ""));
    return session.ask(args);
  };
  const pulumi = (args: readonly string[]) => {
    ran.push(args.join(" "));
    return Promise.resolve(0);
  };
  const code = await preview({ ...session, ask, pulumi }, { stack: "lab", rest }, (line) => said.push(line));
  return { code, said, ran };
}

/** Kills an `up` after something was made and before the state knows of it. */
async function killAfter(stack: TestStack, pattern: RegExp): Promise<void> {
  stack.world.on("after", pattern, () => stack.cli.kill());
  expect((await stack.up()).succeeded).toBe(false);
  stack.world.calm();
}

describe("an up that was killed", () => {
  it(
    "is gone on with after a kill at every single create, and nothing is made twice",
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
        const { said, printed } = await takeOverOf(stack);
        expect(said[0], printed.join("\n")).toBe("the last run on stack lab was killed; taking over");
        removed.push(...said.flatMap((line) => /^removed (.*), whose/.exec(line)?.[1] ?? []));
        expect((await stack.export()).deployment.pending_operations, printed.join("\n")).toBeUndefined();
        expect((await stack.drift()).filter((line) => line.includes("libvirt:"))).toEqual([]);
      }
      expect(killedAt.sort()).toEqual(cluster(1));
      expect(await stack.drift()).toEqual([]);
      const names = removed.map((what) => what.replace(/-[0-9a-f]{8,12}(?=$|\.)/, "")).sort();
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
      expect((await takeOverOf(stack)).said).toEqual([]);
      expect((await stack.preview()).steps).toEqual([]);
    },
  );

  it("is undone by destroy as well as it would have been completed by up", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await killAfter(stack, /create Domain worker-node-1/);
    await takeOverOf(stack);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });

  it("loses nothing that is not certainly its own", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await killAfter(stack, /create Domain master/);
    const [domain] = stack.world.ofKind("Domain");
    domain!.properties = { ...domain!.properties, description: "nodeforge cluster lab, another one's" };
    const { said } = await takeOverOf(stack);
    expect(said.filter((line) => /^(left|removed)/.test(line))).toEqual([
      "left domain lab-master alone: its description is not the one this stack gives it: virsh desc lab-master",
    ]);
    expect([...stack.world.ofKind("Domain")]).toEqual([domain]);
    // The next run says so, too, before it does anything.
    const { succeeded, text, calls } = await stack.up();
    expect([succeeded, calls.list]).toEqual([false, []]);
    expect(text).toContain("domain lab-master exists");
  });

  it("that left a network of another's mark leaves it", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await killAfter(stack, /create Network/);
    const [network] = stack.world.ofKind("Network");
    network!.properties = { ...network!.properties, xml: {} };
    expect((await takeOverOf(stack)).said.filter((line) => line.startsWith("left network"))).toHaveLength(1);
    expect([...stack.world.ofKind("Network")]).toEqual([network]);
  });

  it("makes anew what vanished meanwhile", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    stack.world.on("after", /create Domain worker-node-2/, () => stack.cli.kill());
    await stack.up({ workers: 2 });
    stack.world.calm();
    const gone = stack.world.ofKind("Domain").find(({ taken }) => taken === "lab-worker-node-1")!;
    stack.world.drop(gone);
    stack.guests.remove(gone.id);
    const { printed } = await takeOverOf(stack);
    const { succeeded, text } = await stack.up();
    expect(succeeded, [...printed, text].join("\n")).toBe(true);
    expect(await stack.drift()).toEqual([]);
    expect(stack.world.ofKind("Domain")).toHaveLength(3);
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
      const { printed } = await takeOverOf(stack);
      // The real provider fails to delete what is not there.
      expect((await stack.drift()).filter((line) => line.includes("libvirt:"))).toEqual([]);
      const { succeeded, text } = await stack.destroy();
      expect(succeeded, [...printed, text].join("\n")).toBe(true);
      expect([...stack.world.things]).toEqual([]);
      expect((await stack.export()).deployment.resources ?? []).toEqual([]);
    },
  );
});

describe("a lock", () => {
  /** Puts a lock on a stack, and returns what is in its folder. */
  async function lock(stack: TestStack, content: object) {
    const folder = join(stack.folder, "state", ".pulumi", "locks", "organization", "nodeforge", "lab");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "0.json"), JSON.stringify({ username: "user", timestamp: new Date(), ...content }));
    return () => readdir(folder);
  }

  it.each([
    ["a living process", { pid: process.pid, hostname: hostname() }],
    ["another machine", { pid: 999_999_999, hostname: "elsewhere" }],
  ])("of %s is left to Pulumi, with all it may be making", async (_, content) => {
    await using stack = await TestStack.create({ workers: 0 });
    await killAfter(stack, /create Domain master/);
    const left = await lock(stack, content);
    const things = [...stack.world.things];
    const previewed = await previewOf(stack);
    expect(previewed.said).toEqual([expect.stringContaining("could not be compared with libvirt")]);
    expect(await takeOverOf(stack)).toEqual({ said: [], printed: [], asked: [] });
    expect(await left()).toHaveLength(2);
    expect([...stack.world.things]).toEqual(things);
    const { succeeded, text } = await stack.up();
    expect(succeeded).toBe(false);
    expect(text).toContain("pulumi cancel");
  });

  it("of a process that has ended is released", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const left = await lock(stack, { pid: 999_999_999, hostname: hostname() });
    const locks = await left();
    expect(await previewOf(stack, "--json")).toEqual({
      code: 0,
      said: ["what the last run on stack lab left unfinished, `npm run up` first takes over"],
      ran: ["stack export", "preview --stack lab --json"],
    });
    expect(await left()).toEqual(locks);
    expect(locks).toHaveLength(1);
    const shown = await stack.preview();
    expect(shown.succeeded, shown.text).toBe(true);
    expect((await takeOverOf(stack)).said).toContain("releasing the lock of process 999999999, which has ended");
    expect(await left()).toEqual([]);
    expect((await stack.up()).succeeded).toBe(true);
  });
});

/** What a start that fails leaves: a domain that is defined, and of which the engine does not hear. */
function failToStart(stack: TestStack, name: string): void {
  stack.world.on("after", new RegExp(`create Domain ${name}$`), () => {
    stack.guests.stop(domainOf(stack, name).id);
    throw new Error("cannot allocate memory");
  });
}

function domainOf(stack: TestStack, name: string): Thing {
  return stack.world.ofKind("Domain").find(({ taken }) => taken === `lab-${name}`)!;
}

const unstarted = "removed domain lab-worker-node-1, which an earlier run defined and could not start; its disks stay";

describe("a machine that was defined and could not start", () => {
  it("makes way for the next try when it is new, and nothing else is touched", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    failToStart(stack, "worker-node-1");
    expect((await stack.up({ workers: 1 })).succeeded).toBe(false);
    stack.world.calm();
    const description = String(domainOf(stack, "worker-node-1").properties.description);
    const theirs = [
      // As if another cluster of this name, or a machine made by hand, had been here before.
      ["lab-worker-node-7", description.replace(/[0-9a-f]{8}-/, "00000000-")],
      ["lab-worker-node-8", ""],
      // A copy that somebody made under a name of their own.
      ["copy-of-lab-worker-node-1", description],
    ].map(([taken = "", description]) => {
      const type = "libvirt:index/domain:Domain";
      const thing = { urn: "", type, id: `theirs-${taken}`, taken, properties: { description } };
      stack.world.add(thing, false);
      return thing;
    });

    const { said, printed } = await takeOverOf(stack);
    expect([said, printed]).toEqual([[unstarted], []]);
    expect(stack.world.ofKind("Domain").filter((domain) => theirs.includes(domain as never))).toEqual(theirs);
    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    // Its disks were there already.
    expect(calls.list.filter((operation) => /Volume|master/.test(operation))).toEqual([]);
    theirs.forEach((thing) => stack.world.drop(thing));
    expect(await stack.drift()).toEqual([]);
    expect((await takeOverOf(stack)).said).toEqual([]);
  });

  it("makes way for the next try when it replaces another", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    failToStart(stack, "worker-node-1");
    expect((await stack.up({ workerMemoryMiB: 1_000_000 })).succeeded).toBe(false);
    stack.world.calm();
    expect((await takeOverOf(stack)).said).toEqual([unstarted]);
    const { succeeded, text } = await stack.up({ workerMemoryMiB: 4096 });
    expect(succeeded, text).toBe(true);
    expect(await stack.drift()).toEqual([]);
  });

  it("goes with the cluster", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    failToStart(stack, "worker-node-1");
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    expect((await takeOverOf(stack)).said).toEqual([unstarted]);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });

  it("stays when somebody started it meanwhile, as one does that is off and in the state", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    failToStart(stack, "worker-node-1");
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    stack.guests.start(domainOf(stack, "worker-node-1").id);
    stack.guests.stop(domainOf(stack, "master").id);
    expect((await takeOverOf(stack)).said).toEqual([]);
    expect(stack.world.ofKind("Domain")).toHaveLength(2);
  });
});

describe("a volume whose upload failed", () => {
  it.each([
    ["base image", /create Volume base/, /^removed volume lab-base-[0-9a-f]{12}\.qcow2, whose upload failed/],
    [
      "seed disk",
      /create Volume master-seed/,
      /^removed volume lab-master-seed-[0-9a-f]{12}\.iso, whose upload failed/,
    ],
  ])("is made anew: a %s", async (_, pattern, line) => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("after", pattern, () => {
      throw new HalfMade("no space left on device");
    });
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    const volumes = stack.world.ofKind("Volume").length;
    // A look at libvirt would make it pass for a whole one.
    expect((await previewOf(stack)).ran).toEqual(["stack export", "preview --stack lab"]);
    const { said } = await takeOverOf(stack);
    expect(said).toEqual([expect.stringMatching(line)]);
    expect(stack.world.ofKind("Volume")).toHaveLength(volumes - 1);
    expect((await previewOf(stack)).ran).toContain("refresh");
    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(calls.matching(pattern)).toHaveLength(1);
    expect(await stack.drift()).toEqual([]);
    expect((await takeOverOf(stack)).said).toEqual([]);
  });

  it("is destroyed with all else, though it is gone", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("after", /create Volume base/, () => {
      throw new HalfMade("no space left on device");
    });
    await stack.up();
    stack.world.calm();
    expect((await takeOverOf(stack)).said).toHaveLength(1);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });

  it("is no disk that has no source: data stays", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("after", /create Volume master-data/, () => {
      throw new HalfMade("the link was lost");
    });
    expect((await stack.up()).succeeded).toBe(false);
    stack.world.calm();
    const volumes = stack.world.ofKind("Volume");
    expect((await takeOverOf(stack)).said).toEqual([]);
    expect(stack.world.ofKind("Volume")).toEqual(volumes);
  });
});

it("a stack that has nothing to clear away costs one list of virsh, and none before its first up", async () => {
  await using stack = await TestStack.create({ workers: 0 });
  expect(await takeOverOf(stack)).toEqual({ said: [], printed: [], asked: [] });
  expect((await previewOf(stack)).ran).not.toContain("refresh");
  await stack.up();
  const asked = ["list --inactive --without-managed-save --uuid --name"];
  expect(await takeOverOf(stack)).toEqual({ said: [], printed: [], asked });
  const ran = (...commands: string[]) => ({ code: 0, said: [], ran: [...commands, "preview --stack lab"] });
  expect(await previewOf(stack)).toEqual(ran("stack export", "stack export", "refresh"));
  expect((await previewOf(stack, "--help")).ran).toEqual(["preview --stack lab --help"]);
  expect((await previewOf(stack, "-r")).ran).toEqual(["stack export", "preview --stack lab -r"]);
});
