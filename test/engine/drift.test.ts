import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { refreshFromLibvirt, refreshArguments } from "../../cli/stack/refresh.ts";
import { preview } from "../../cli/preview.ts";
import { rejoined } from "./names.ts";
import { TestStack } from "./stack.ts";
import type { Thing } from "./world.ts";

describe("a cluster that somebody changed by hand", () => {
  let stack: TestStack;
  let restore: () => Promise<void>;

  beforeAll(async () => {
    stack = await TestStack.create();
    await stack.up();
    restore = await stack.remember();
  });
  beforeEach(() => restore());
  afterAll(() => stack[Symbol.asyncDispose]());

  const domainOf = (name: string) => stack.world.ofKind("Domain").find(({ taken }) => taken === `lab-${name}`)!;

  /** What hypervisors tell of a machine that is off. */
  function stop(name: string): void {
    const domain = domainOf(name);
    stack.guests.stop(domain.id);
    const [lan] = domain.properties.networkInterfaces as [object];
    domain.properties = { ...domain.properties, running: false, networkInterfaces: [{ ...lan, addresses: [] }] };
  }

  /** What hypervisors tell of a machine that somebody undefined. */
  function undefine(name: string): void {
    const domain = domainOf(name);
    stack.world.drop(domain);
    stack.guests.remove(domain.id);
  }

  /** `npm run refresh -- --yes`, and what it prints. */
  async function refresh(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
    const said: string[] = [];
    const code = await stack.session(said).pulumi(refreshArguments("lab", ["--yes", ...args]));
    return { code, text: said.join("\n") };
  }

  /** Expects that the preview announces the repair, that `up` does just that, and that nothing is left to do. */
  async function repaired(): Promise<readonly string[]> {
    const { code, text } = await refresh();
    expect(code, text).toBe(0);
    const { calls, surprises } = await stack.change({});
    expect(surprises).toEqual([]);
    expect(await stack.drift()).toEqual([]);
    const again = await stack.preview({}, "--refresh", "--expect-no-changes");
    expect(again.succeeded, again.text).toBe(true);
    return calls.list;
  }

  it("has nothing to do when nobody did", async () => {
    for (const target of [[], ["--target", "**"]]) {
      const { code, text } = await refresh(...target, "--expect-no-changes");
      expect(code, text).toBe(0);
    }
    expect(await repaired()).toEqual([]);
  });

  it("starts a worker's machine that is off, and waits until it is Ready", async () => {
    stop("worker-node-2");
    expect(await repaired()).toEqual(["create Command ready", "delete Command ready", "update Domain worker-node-2"]);
    expect(stack.guests.isRunning(domainOf("worker-node-2").id)).toBe(true);
  });

  it("starts a control plane's machine that is off", async () => {
    stop("master");
    expect(await repaired()).toEqual(["create Command ready", "delete Command ready", "update Domain master"]);
  });

  it("makes a worker's machine again that is gone", async () => {
    undefine("worker-node-2");
    const operations = await repaired();
    expect(operations).toContain("create Domain worker-node-2");
    expect(operations).not.toContain("delete Domain worker-node-2");
    expect(operations.filter((operation) => /worker-node-1|master/.test(operation))).toEqual([]);
    // What the one before it left behind does not shut it down, and takes nothing from it.
    expect(stack.guests.isRunning(domainOf("worker-node-2").id)).toBe(true);
    expect([...stack.world.reservations.values()].sort()).toEqual(["master", "worker-node-1", "worker-node-2"]);
  });

  it("makes the control plane's machine again on its data", async () => {
    undefine("master");
    const operations = await repaired();
    expect(operations).toEqual(expect.arrayContaining(["create Domain master", "update Command master-init"]));
    expect(operations.filter((operation) => /worker-node|addons|data|RandomUuid/.test(operation))).toEqual([]);
  });

  it("lets a worker join again whose Node was deleted", async () => {
    stack.guests.deleteNode("worker-node-1");
    const again = rejoined(1).filter((resource) => /token|join|-ready/.test(resource));
    expect(await repaired()).toEqual(
      [...again, "Command ready"].flatMap((resource) => [`create ${resource}`, `delete ${resource}`]).sort(),
    );
    // Once is enough.
    expect(await repaired()).toEqual([]);
  });

  it("registers the control plane again whose Node was deleted", async () => {
    stack.guests.deleteNode("master");
    const { calls } = await stack.change({});
    expect(calls.list).toEqual(["create Command ready", "delete Command ready"]);
  });

  describe("when the control plane's machine is off", () => {
    beforeEach(() => stop("master"));

    it("tells that by a refresh, which asks libvirt alone", async () => {
      const { code, text } = await refresh();
      expect(code, text).toBe(0);
      expect(text).toMatch(/Domain lab-master updated .*running/);
      expect(text).not.toContain("unreachable");
      const again = await refresh("--expect-no-changes");
      expect(again.code, again.text).toBe(0);
    });

    it.each([[["--target", "**"]], [["--target=**kubernetes:**"]], [["--exclude", "**libvirt:index/**"]]])(
      "fails in a refresh of what somebody chose himself with %j",
      async (args) => {
        const { code, text } = await refresh(...args);
        expect(code).not.toBe(0);
        expect(text).toContain("configured Kubernetes cluster is unreachable");
      },
    );
  });

  describe("is previewed", () => {
    /** `npm run preview -- --json`, what it says beside, and what it had plugins do. */
    async function previewed(...rest: string[]) {
      const said: string[] = [];
      let shown: Awaited<ReturnType<TestStack["preview"]>> | undefined;
      const session = {
        ...stack.session(said),
        pulumi: async ([, , , ...args]: readonly string[]) => {
          shown = await stack.preview({}, ...args);
          return shown.succeeded ? 0 : 1;
        },
      };
      stack.world.takeCalls();
      const code = await preview(session, rest, (line) => said.push(line));
      const announced = shown!.steps.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`);
      return {
        code,
        said,
        announced,
        text: shown!.text,
        calls: [...stack.world.takeCalls().list, ...shown!.calls.list],
      };
    }

    it("with what up would do about libvirt, and nothing is done", async () => {
      const before = await previewed("--expect-no-changes");
      expect([before.code, before.said, before.announced], before.text).toEqual([0, [], []]);
      undefine("worker-node-2");
      stop("worker-node-1");
      const things = [...stack.world.things];
      const { code, said, announced, calls } = await previewed();
      expect([code, said, calls]).toEqual([0, [], []]);
      expect(announced).toEqual(expect.arrayContaining(["create lab-worker-node-2", "update lab-worker-node-1"]));
      expect([...stack.world.things]).toEqual(things);
      expect((await previewed("--expect-no-changes")).code).not.toBe(0);
      const { surprises } = await stack.change({});
      expect(surprises).toEqual([]);
    });

    it("by Pulumi alone where somebody says himself what is looked at", async () => {
      undefine("worker-node-2");
      const state = await stack.exportText();
      const without = await previewed("--refresh=false");
      // The program itself sees that the Node is not Ready.
      expect([without.code, without.announced], without.text).toEqual([0, ["replace lab-ready"]]);
      const { code, announced } = await previewed("--refresh");
      expect([code, announced.includes("create lab-worker-node-2")]).toEqual([0, true]);
      expect(await stack.exportText()).toBe(state);
    });
  });

  describe("with the control plane's data disk gone", () => {
    const disk = () => stack.world.ofKind("Volume").find(({ id }) => id.includes("lab-master-data-"))!;

    /** Deletes the file, and looks what libvirt has, as `npm run up` does; a machine that runs has the file open still. */
    async function lose(): Promise<Thing> {
      const lost = disk();
      stack.world.drop(lost);
      await refreshFromLibvirt(stack.session());
      return lost;
    }

    it("is refused before anything is touched, by name and with what can be done", async () => {
      const lost = await lose();
      const before = [...stack.world.things];
      for (const outcome of [await stack.preview(), await stack.up({ workers: 3 })]) {
        expect([outcome.succeeded, outcome.calls.list]).toEqual([false, []]);
        const name = lost.id.split("/").at(-1);
        expect(outcome.text).toContain(`is gone, volume ${name} of pool nodeforge-lab.`);
        expect(outcome.text).toContain("masterDataProtected");
        expect(outcome.text).not.toMatch(/^\s+at /m);
      }
      expect([...stack.world.things]).toEqual(before);
    });

    it("is refused also where the refresh is part of the run, of which the program is not told", async () => {
      stack.world.drop(disk());
      const before = [...stack.world.things];
      for (const outcome of [await stack.preview({}, "--refresh"), await stack.up({}, "--refresh"), await stack.up()]) {
        expect([outcome.succeeded, outcome.calls.list]).toEqual([false, []]);
        expect(outcome.text).toContain("is gone, volume ");
      }
      expect([...stack.world.things]).toEqual(before);
    });

    it("goes on with the disk when it is brought back", async () => {
      const lost = await lose();
      stack.world.add(lost, false);
      // A preview cannot know that it will be the same disk, and announces another machine.
      expect((await stack.up()).calls.list).toEqual(["create Volume master-data"]);
      expect(disk().id).toBe(lost.id);
      expect(await repaired()).toEqual([]);
    });

    /** Loses the disk for good: the last of it goes with the machine that has it open. Returns what was on it. */
    async function loseForGood(): Promise<string> {
      const lost = await lose();
      const inside = [...stack.world.things].filter(({ type }) => type.startsWith("kubernetes:"));
      const data = stack.guests.wipe(lost.id);
      stack.world.on("after", /delete Domain master/, () => inside.forEach((thing) => stack.world.drop(thing)));
      expect(data).toBeDefined();
      return data!;
    }

    it("becomes a new cluster also after a run that could not make its machine", async () => {
      await loseForGood();
      stack.world.on("before", /create Domain master/, () => {
        throw new Error("cannot allocate memory");
      });
      expect((await stack.up({ masterDataProtected: false })).succeeded).toBe(false);
      stack.world.calm();
      const made = disk().id;
      const { succeeded, text, calls } = await stack.up();
      expect(succeeded, text).toBe(true);
      expect(calls.of("create")).toContain("Domain master");
      expect(calls.of("create")).not.toContain("RandomUuid id");
      expect(disk().id).toBe(made);
      expect(await repaired()).toEqual([]);
    });

    it("becomes a new cluster, which all workers join, when the data was given up", async () => {
      const lost = disk();
      const data = await loseForGood();
      const { calls } = await stack.change({ masterDataProtected: false });
      expect(calls.of("create")).toEqual(
        expect.arrayContaining(["RandomUuid id", "Volume master-data", "Domain master"]),
      );
      // Another cluster is made for the first time: taken again in place, the step would ask for what is lost. Whoever joins
      // it joins anew.
      expect(calls.of("create")).toContain("Command master-init");
      expect(calls.of("update")).not.toContain("Command master-init");
      expect(calls.of("update").filter((resource) => /join|Domain/.test(resource))).toEqual([]);
      expect(
        calls
          .matching(/create .*-join/)
          .map(({ resource }) => resource)
          .sort(),
      ).toEqual(["Command worker-node-1-join", "Command worker-node-2-join"]);
      expect(disk().id).not.toBe(lost.id);
      const kubeconfig = (await stack.output("kubeconfig", "--show-secrets")) as string;
      expect(kubeconfig).not.toContain(data);
      expect(stack.guests.workersOf(kubeconfig).sort()).toEqual(["worker-node-1", "worker-node-2"]);
      expect(await repaired()).toEqual([]);
      // From then on it is protected again where the stack says so.
      expect((await stack.change({ masterDataProtected: true })).calls.list).toEqual([]);
    });
  });
});
