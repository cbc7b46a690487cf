import { beforeEach, describe, expect, it } from "vitest";
import { refreshArguments, refreshFromLibvirt } from "../../cli/stack/refresh.ts";
import { preview } from "../../cli/preview.ts";
import { rejoined } from "./names.ts";
import { shareStack } from "./shared-stack.ts";
import type { TestStack } from "./stack.ts";
import type { Thing } from "./things.ts";

describe("a cluster that was changed by hand", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    await stack.up();
  });

  const domainOf = (name: string) => stack.world.ofKind("Domain").find(({ taken }) => taken === `lab-${name}`)!;

  /** Powers a machine off, as libvirt shows it. */
  function stop(name: string): void {
    const domain = domainOf(name);
    stack.guests.stop(domain.id);
    const [lan] = domain.properties.networkInterfaces as [object];
    domain.properties = { ...domain.properties, running: false, networkInterfaces: [{ ...lan, addresses: [] }] };
  }

  /** Deletes the domain of a machine. */
  function undefine(name: string): void {
    const domain = domainOf(name);
    stack.world.drop(domain);
    stack.guests.remove(domain.id);
  }

  /** Runs `npm run refresh -- --yes`, and returns its exit code and output. */
  async function refresh(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
    const said: string[] = [];
    const code = await stack.session(said).pulumi(refreshArguments("lab", ["--yes", ...args]));
    return { code, text: said.join("\n") };
  }

  /** Repairs the cluster with `up`. Expects that the preview announced exactly that, and that no change remains. */
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

  it("has no change when nothing was changed", async () => {
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

  it("starts a control plane's machine that is off before it changes objects in the cluster", async () => {
    await stack.change({ smokeCheck: "false" });
    stop("master");
    const { code, text } = await refresh();
    expect(code, text).toBe(0);
    const { calls, surprises } = await stack.change({ smokeCheck: "true" });
    expect(surprises).toEqual([]);
    expect(calls.list).toContain("update Domain master");
    expect(calls.list.filter((call) => call.endsWith(" addons-smoke"))).toHaveLength(4);
  });

  it("recreates a worker's machine that was deleted", async () => {
    undefine("worker-node-2");
    const operations = await repaired();
    expect(operations).toContain("create Domain worker-node-2");
    expect(operations).not.toContain("delete Domain worker-node-2");
    expect(operations.filter((operation) => /worker-node-1|master/.test(operation))).toEqual([]);
    // The deletion of the old machine's resources neither stops the new machine nor removes its reservation.
    expect(stack.guests.isRunning(domainOf("worker-node-2").id)).toBe(true);
    expect([...stack.world.reservations.values()].sort()).toEqual(["master", "worker-node-1", "worker-node-2"]);
  });

  it("recreates the control plane's machine on its data", async () => {
    undefine("master");
    const operations = await repaired();
    expect(operations).toEqual(expect.arrayContaining(["create Domain master", "update Command master-init"]));
    expect(operations.filter((operation) => /worker-node|addons|data|RandomUuid/.test(operation))).toEqual([]);
  });

  it("lets a worker without a Node join again", async () => {
    stack.guests.deleteNode("worker-node-1");
    const again = rejoined(1).filter((resource) => /token|join|-ready/.test(resource));
    expect(await repaired()).toEqual(
      [...again, "Command ready"].flatMap((resource) => [`create ${resource}`, `delete ${resource}`]).sort(),
    );
    // The next run changes nothing.
    expect(await repaired()).toEqual([]);
  });

  it("registers a control plane without a Node again", async () => {
    stack.guests.deleteNode("master");
    const { calls } = await stack.change({});
    expect(calls.list).toEqual(["create Command ready", "delete Command ready"]);
  });

  describe("when the control plane's machine is off", () => {
    beforeEach(() => stop("master"));

    it("shows it in a refresh, which asks libvirt only", async () => {
      const { code, text } = await refresh();
      expect(code, text).toBe(0);
      expect(text).toMatch(/Domain lab-master updated .*running/);
      expect(text).not.toContain("unreachable");
      const again = await refresh("--expect-no-changes");
      expect(again.code, again.text).toBe(0);
    });

    it.each([[["--target", "**"]], [["--target=**kubernetes:**"]], [["--exclude", "**libvirt:index/**"]]])(
      "fails in a refresh of the user's own choice %j, which asks Kubernetes",
      async (args) => {
        const { code, text } = await refresh(...args);
        expect(code).not.toBe(0);
        expect(text).toContain("configured Kubernetes cluster is unreachable");
      },
    );
  });

  describe("is previewed", () => {
    /** Runs `npm run preview -- --json`. Returns its exit code, messages and steps, and the operations of the plugins. */
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

    it("with the changes that up would make in libvirt, and makes none", async () => {
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

    it("without a refresh of its own where the user gives a refresh option", async () => {
      undefine("worker-node-2");
      const state = await stack.exportText();
      const without = await previewed("--refresh=false");
      // The program's own health check finds the Node that is not Ready.
      expect([without.code, without.announced], without.text).toEqual([0, ["replace lab-ready"]]);
      const { code, announced } = await previewed("--refresh");
      expect([code, announced.includes("create lab-worker-node-2")]).toEqual([0, true]);
      expect(await stack.exportText()).toBe(state);
    });
  });

  describe("without the control plane's data disk", () => {
    const disk = () => stack.world.ofKind("Volume").find(({ id }) => id.includes("lab-master-data-"))!;

    /** Deletes the disk and refreshes from libvirt, as `npm run up` does. A running machine keeps the deleted file open. */
    async function lose(): Promise<Thing> {
      const lost = disk();
      stack.world.drop(lost);
      await refreshFromLibvirt(stack.session());
      return lost;
    }

    it("is refused before anything is touched, with the disk's name and a fix", async () => {
      const lost = await lose();
      const before = [...stack.world.things];
      for (const outcome of [await stack.preview(), await stack.up({ workers: 3 })]) {
        expect([outcome.succeeded, outcome.calls.list]).toEqual([false, []]);
        const name = lost.id.split("/").at(-1);
        expect(outcome.text).toContain(`is missing, volume ${name} of pool nodeforge-lab.`);
        expect(outcome.text).toContain("masterDataProtected");
        expect(outcome.text).not.toMatch(/^\s+at /m);
      }
      expect([...stack.world.things]).toEqual(before);
    });

    it("is refused also where the run itself refreshes, which the program cannot see", async () => {
      stack.world.drop(disk());
      const before = [...stack.world.things];
      for (const outcome of [await stack.preview({}, "--refresh"), await stack.up({}, "--refresh"), await stack.up()]) {
        expect([outcome.succeeded, outcome.calls.list]).toEqual([false, []]);
        expect(outcome.text).toContain("is missing, volume ");
      }
      expect([...stack.world.things]).toEqual(before);
    });

    it("continues with the disk when the disk is restored", async () => {
      const lost = await lose();
      stack.world.add(lost, false);
      // A preview cannot know that the disk will be the same one, and announces another machine.
      expect((await stack.up()).calls.list).toEqual(["create Volume master-data"]);
      expect(disk().id).toBe(lost.id);
      expect(await repaired()).toEqual([]);
    });

    /** Deletes the disk with its content, which ends with the machine that has it open. Returns the id of its cluster. */
    async function loseForGood(): Promise<string> {
      const lost = await lose();
      const inside = [...stack.world.things].filter(({ type }) => type.startsWith("kubernetes:"));
      const data = stack.guests.wipe(lost.id);
      stack.world.on("after", /delete Domain master/, () => inside.forEach((thing) => stack.world.drop(thing)));
      expect(data).toBeDefined();
      return data!;
    }

    it("becomes a new cluster also after a run that could not create its machine", async () => {
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

    it("becomes a new cluster, which all workers join, when its data is not protected", async () => {
      const lost = disk();
      const data = await loseForGood();
      const { calls } = await stack.change({ masterDataProtected: false });
      expect(calls.of("create")).toEqual(
        expect.arrayContaining(["RandomUuid id", "Volume master-data", "Domain master"]),
      );
      // The new cluster gets a new step, because an update in place would expect the lost data. Every worker joins it again.
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
      // The new disk can be protected again.
      expect((await stack.change({ masterDataProtected: true })).calls.list).toEqual([]);
    });
  });
});
