import { describe, expect, test } from "vitest";
import { revertTo, snapshotToRevert } from "../../../cli/machines/revert.ts";
import { refuseUnfinishedRevert } from "../../../cli/machines/revert-mark.ts";
import { checkName, snapshotListing, snapshotsOf } from "../../../cli/machines/snapshots.ts";
import { removeSnapshot, takeSnapshot } from "../../../cli/machines/take-snapshot.ts";
import type { Virsh } from "../../../libvirt/virsh.ts";
import { FakeHypervisor, machines, off, running, type FakeMachine } from "./fake-hypervisor.ts";

const started = (more: Readonly<Record<string, FakeMachine>> = {}) =>
  new FakeHypervisor({ m: running(), w1: running(), w2: running(), ...more });
const statesOf = ({ machines: found }: FakeHypervisor) => Object.values(found).map(({ state }) => state);
const tagsOf = ({ machines: found }: FakeHypervisor) => Object.values(found).map(({ tags }) => tags.length);

/** A hypervisor on which the snapshot `first` exists, without the calls that made it. */
async function withSnapshot(more: Readonly<Record<string, FakeMachine>> = {}): Promise<FakeHypervisor> {
  const hypervisor = started(more);
  await takeSnapshot("first", machines, hypervisor.options);
  hypervisor.done.length = 0;
  return hypervisor;
}

describe("the name of a snapshot", () => {
  test.each(["a", "before-test", "v1.2_3", "x".repeat(63)])("may be %s", (name) => {
    expect(() => checkName(name)).not.toThrow();
  });

  test.each(["", "list", "delete", "-x", "a b", "a/b", 'a"b', "ä", "x".repeat(64)])("may not be %j", (name) => {
    expect(() => checkName(name)).toThrow(`got ${JSON.stringify(name)}`);
  });
});

describe("a snapshot", () => {
  test("suspends all machines, then saves each, then records it, then resumes all", async () => {
    const hypervisor = started();
    await takeSnapshot("first", machines, hypervisor.options);
    const kinds = hypervisor.done.map((line) => line.split(" ")[0]);
    const order = ["suspend", "snapshot-save", "record", "resume"];
    expect([...new Set(kinds)]).toEqual(order);
    for (const kind of order) expect(kinds.filter((each) => each === kind)).toHaveLength(3);
    expect(statesOf(hypervisor)).toEqual(["running", "running", "running"]);
    expect(tagsOf(hypervisor)).toEqual([1, 1, 1]);
  });

  test("is nowhere when one machine cannot be suspended, and the others go on", async () => {
    const hypervisor = started({ w1: running({ refuses: { suspend: "a job is running" } }) });
    await expect(takeSnapshot("first", machines, hypervisor.options)).rejects.toThrow("a job is running");
    expect(statesOf(hypervisor)).toEqual(["running", "running", "running"]);
    expect(tagsOf(hypervisor)).toEqual([0, 0, 0]);
  });

  test("is nowhere when one machine refuses it, and the cluster goes on", async () => {
    const hypervisor = started({ w2: running({ refuses: { "snapshot-save": "no space" } }) });
    await expect(takeSnapshot("first", machines, hypervisor.options)).rejects.toThrow(
      "no snapshot was taken: snapshot-save of w2 failed: no space",
    );
    expect(tagsOf(hypervisor)).toEqual([0, 0, 0]);
    expect(await snapshotsOf(machines, hypervisor.options)).toEqual([]);
    expect(statesOf(hypervisor)).toEqual(["running", "running", "running"]);
  });

  test.each([
    ["a taken name", {}, "there is a snapshot first already", 1],
    ["a machine that is off", { w1: off() }, "w1 is off; expected each machine to be running", 0],
    ["a paused machine", { w1: { ...running(), state: "paused" } }, "w1 is paused; expected", 0],
    ["a raw disk", { m: running({ secondFormat: "raw" }) }, "disk /pool/m-data of m is not qcow2", 0],
  ])("is refused for %s, before any change", async (_, more, message, taken) => {
    const hypervisor = started(more);
    if (taken > 0) await takeSnapshot("first", machines, hypervisor.options);
    hypervisor.done.length = 0;
    await expect(takeSnapshot("first", machines, hypervisor.options)).rejects.toThrow(message);
    expect(hypervisor.done).toEqual([]);
  });

  test("is refused where the pool has no room for the memory that the guests have touched", async () => {
    const hypervisor = started();
    hypervisor.free = 3 * 2 ** 30 - 1;
    await expect(takeSnapshot("first", machines, hypervisor.options)).rejects.toThrow(
      "storage pool pool has 3.0 GiB free, and the snapshot may need 3.0 GiB. Fix: free space",
    );
    expect(hypervisor.done).toEqual([]);
    hypervisor.free += 1;
    await takeSnapshot("first", machines, hypervisor.options);
    expect(tagsOf(hypervisor)).toEqual([1, 1, 1]);
  });

  test("deletes tags that a killed command or a replaced machine left, and keeps other ones", async () => {
    const hypervisor = started({ m: running({ tags: ["nodeforge-lost", "of-the-user"] }) });
    await takeSnapshot("first", machines, hypervisor.options);
    expect(hypervisor.done.slice(0, 1)).toEqual(["snapshot-delete m"]);
    expect(hypervisor.machines.m?.tags).toEqual(["of-the-user", expect.stringMatching(/^nodeforge-[0-9a-f-]{36}$/)]);
  });

  test("is listed with what keeps it from being used", async () => {
    const hypervisor = await withSnapshot();
    const list = async (given = machines) => snapshotListing(await snapshotsOf(given, hypervisor.options), true);
    expect(JSON.parse(await list())).toEqual([
      { name: "first", created: expect.any(String) as string, nodes: ["m", "w1", "w2"], usable: true },
    ]);
    const [m, w1] = machines;
    expect(await list(machines.slice(0, 2))).toContain("removed since: w2");
    if (m === undefined || w1 === undefined) throw new Error("two machines are needed");
    hypervisor.machines.w1 = running();
    const [problem] = JSON.parse(await list([...machines, { ...m, uuid: "gone", name: "w3" }])) as {
      problem: string;
    }[];
    expect(problem?.problem).toBe("replaced since: w1; created since: w3");
    expect(snapshotListing([], false)).toBe("there is no snapshot");
  });

  test("is deleted from the machines that still have it", async () => {
    const hypervisor = await withSnapshot();
    hypervisor.machines.w1 = off();
    await removeSnapshot("first", machines, hypervisor.options);
    expect(tagsOf(hypervisor)).toEqual([0, 0, 0]);
    expect(hypervisor.done.filter((line) => line.endsWith("w1"))).toEqual([]);
    await expect(removeSnapshot("first", machines, hypervisor.options)).rejects.toThrow(
      'there is no snapshot "first", there is none',
    );
  });

  test("is not deleted while one of its machines is off", async () => {
    const hypervisor = await withSnapshot();
    Object.assign(hypervisor.machines.w1 ?? {}, { state: "shut off" });
    await expect(removeSnapshot("first", machines, hypervisor.options)).rejects.toThrow("w1 is off");
    expect(tagsOf(hypervisor)).toEqual([1, 1, 1]);
  });
});

describe("a revert", () => {
  const revert = async (hypervisor: FakeHypervisor) =>
    revertTo(await snapshotToRevert("first", machines, hypervisor.options), machines, hypervisor.options);

  test("pauses or starts all machines, then loads each while the cluster is marked, then resumes all", async () => {
    const hypervisor = await withSnapshot();
    Object.assign(hypervisor.machines.w1 ?? {}, { state: "shut off", reason: "saved" });
    Object.assign(hypervisor.machines.w2 ?? {}, { state: "paused" });
    await revert(hypervisor);
    expect(hypervisor.done.slice(0, 2).sort()).toEqual(["start w1 --paused", "suspend m"]);
    expect(hypervisor.done[2]).toBe('mark<revert snapshot="first"/> m');
    expect(hypervisor.done.slice(3, 6).sort()).toEqual(["snapshot-load m", "snapshot-load w1", "snapshot-load w2"]);
    expect(hypervisor.done[6]).toBe("mark m");
    expect(hypervisor.done.slice(7).sort()).toEqual(["resume m", "resume w1", "resume w2"]);
  });

  test("changes nothing when a machine has lost its part: each goes on, and the one that was off is off", async () => {
    const hypervisor = await withSnapshot();
    Object.assign(hypervisor.machines.w1 ?? {}, { state: "shut off", reason: "shutdown" });
    Object.assign(hypervisor.machines.w2 ?? {}, { tags: [] });
    await expect(revert(hypervisor)).rejects.toThrow("the disks of w2 have no snapshot first");
    expect(hypervisor.done.filter((line) => /^(snapshot-|mark)/.test(line))).toEqual([]);
    expect(statesOf(hypervisor)).toEqual(["running", "shut off", "running"]);
  });

  test("loads nothing where it cannot mark the cluster, which goes on", async () => {
    const hypervisor = await withSnapshot();
    const virsh: Virsh = (...args) =>
      args.includes('<revert snapshot="first"/>') ? Promise.reject(new Error("no mark")) : hypervisor.virsh(...args);
    const snapshot = await snapshotToRevert("first", machines, hypervisor.options);
    const options = { ...hypervisor.options, connect: () => virsh };
    await expect(revertTo(snapshot, machines, options)).rejects.toThrow("no mark");
    expect(hypervisor.done.filter((line) => line.startsWith("snapshot-"))).toEqual([]);
    expect(statesOf(hypervisor)).toEqual(["running", "running", "running"]);
  });

  test("leaves all machines paused when one part cannot be loaded, also by a new process", async () => {
    const hypervisor = await withSnapshot({ w2: running({ refuses: { "snapshot-load": "bad magic" } }) });
    await expect(revert(hypervisor)).rejects.toThrow(
      "not every machine is back at first, so all stay paused: snapshot-load of w2 failed: bad magic",
    );
    expect(hypervisor.done.filter((line) => line.endsWith("w2"))).toEqual([
      "suspend w2",
      "snapshot-load w2",
      "destroy w2",
      "snapshot-load w2",
    ]);
    expect(statesOf(hypervisor)).toEqual(["paused", "paused", "paused"]);
  });

  test("is refused for a replaced node, by its name", async () => {
    const hypervisor = await withSnapshot();
    hypervisor.machines.w1 = running();
    await expect(revert(hypervisor)).rejects.toThrow(
      "the cluster cannot be reverted to first, because its nodes differ (replaced since: w1)",
    );
    expect(hypervisor.done).toEqual([]);
  });
});

describe("an unfinished revert", () => {
  const refused = (hypervisor: FakeHypervisor, of = machines) => refuseUnfinishedRevert(of, () => hypervisor.virsh);

  /** A hypervisor on which a revert to `first` has loaded the part of one machine only. */
  async function unfinished(): Promise<FakeHypervisor> {
    const hypervisor = await withSnapshot({ w1: running({ refuses: { "snapshot-load": "bad magic" } }) });
    const snapshot = await snapshotToRevert("first", machines, hypervisor.options);
    await expect(revertTo(snapshot, machines, hypervisor.options)).rejects.toThrow("not every machine is back");
    hypervisor.done.length = 0;
    return hypervisor;
  }

  test("is refused by its snapshot's name, until the same revert finishes", async () => {
    const hypervisor = await unfinished();
    await expect(refused(hypervisor)).rejects.toThrow(
      "the last revert to snapshot first did not finish, so the machines may be from different times; nothing was changed. " +
        "Fix: npm run revert -- first, or npm run destroy",
    );
    expect(hypervisor.done).toEqual([]);
    expect(statesOf(hypervisor)).toEqual(["paused", "paused", "paused"]);
    const { w1 } = hypervisor.machines;
    if (w1 === undefined) throw new Error("w1 is needed");
    hypervisor.machines.w1 = { ...w1, refuses: {} };
    await revertTo(await snapshotToRevert("first", machines, hypervisor.options), machines, hypervisor.options);
    await expect(refused(hypervisor)).resolves.toBeUndefined();
    expect(statesOf(hypervisor)).toEqual(["running", "running", "running"]);
  });

  test("stays refused when the next revert fails again", async () => {
    const hypervisor = await unfinished();
    const snapshot = await snapshotToRevert("first", machines, hypervisor.options);
    await expect(revertTo(snapshot, machines, hypervisor.options)).rejects.toThrow("bad magic");
    await expect(refused(hypervisor)).rejects.toThrow("did not finish");
  });

  test.each([
    ["a cluster that was never reverted", () => withSnapshot(), machines],
    [
      "a machine of the control plane that libvirt does not have",
      () => Promise.resolve(new FakeHypervisor({})),
      machines,
    ],
    ["a stack without machines", unfinished, []],
  ])("is not found for %s", async (_, make, of) => {
    await expect(refused(await make(), of)).resolves.toBeUndefined();
  });
});
