import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compareWithLibvirt } from "../../toolchain/libvirt-refresh.ts";
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

  /** Expects that the preview announces the repair, that `up` does just that, and that nothing is left to do. */
  async function repaired(): Promise<readonly string[]> {
    expect((await stack.refresh()).succeeded).toBe(true);
    const { calls, surprises } = await stack.change({});
    expect(surprises).toEqual([]);
    expect(await stack.drift()).toEqual([]);
    const again = await stack.preview({}, "--refresh", "--expect-no-changes");
    expect(again.succeeded, again.text).toBe(true);
    return calls.list;
  }

  it("has nothing to do when nobody did", async () => {
    expect((await stack.refresh("--expect-no-changes")).succeeded).toBe(true);
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
    const domain = domainOf("worker-node-2");
    stack.world.drop(domain);
    stack.guests.remove(domain.id);
    const operations = await repaired();
    expect(operations).toContain("create Domain worker-node-2");
    expect(operations).not.toContain("delete Domain worker-node-2");
    expect(operations.filter((operation) => /worker-node-1|master/.test(operation))).toEqual([]);
    // What the one before it left behind does not shut it down, and takes nothing from it.
    expect(stack.guests.isRunning(domainOf("worker-node-2").id)).toBe(true);
    expect([...stack.world.reservations.values()].sort()).toEqual(["master", "worker-node-1", "worker-node-2"]);
  });

  it("makes the control plane's machine again on its data", async () => {
    const domain = domainOf("master");
    stack.world.drop(domain);
    stack.guests.remove(domain.id);
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

  describe("with the control plane's data disk gone", () => {
    const disk = () => stack.world.ofKind("Volume").find(({ id }) => id.includes("lab-master-data-"))!;

    /** Deletes the file, and looks what libvirt has, as `npm run up` does; a machine that runs has the file open still. */
    async function lose(): Promise<Thing> {
      const lost = disk();
      stack.world.drop(lost);
      await compareWithLibvirt(stack.session());
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

    it("goes on with the disk when it is brought back", async () => {
      const lost = await lose();
      stack.world.add(lost, false);
      // A preview cannot know that it will be the same disk, and announces another machine.
      expect((await stack.up()).calls.list).toEqual(["create Volume master-data"]);
      expect(disk().id).toBe(lost.id);
      expect(await repaired()).toEqual([]);
    });

    it("becomes a new cluster, which all workers join, when the data was given up", async () => {
      const lost = await lose();
      const inside = [...stack.world.things].filter(({ type }) => type.startsWith("kubernetes:"));
      // The last of the file goes with the machine that has it open.
      const data = stack.guests.wipe(lost.id);
      stack.world.on("after", /delete Domain master/, () => inside.forEach((thing) => stack.world.drop(thing)));
      const { calls } = await stack.change({ masterDataProtected: false });
      expect(data).toBeDefined();
      expect(calls.of("create")).toEqual(
        expect.arrayContaining(["RandomUuid id", "Volume master-data", "Domain master"]),
      );
      // Making a control plane is one step for every machine, taken again in place; whoever joins it joins anew.
      expect(calls.of("update")).toContain("Command master-init");
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
