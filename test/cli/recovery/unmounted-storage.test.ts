import { describe, expect, it } from "vitest";
import { refuseUnmountedStorage } from "../../../cli/recovery/unmounted-storage.ts";
import type { StateResource } from "../../../cli/stack/state.ts";
import { urn } from "../../support/urn.ts";
import { answering, type Answer } from "../../support/virsh-answers.ts";
import { clusterOfMachines } from "../machines/cluster-state.ts";

const uri = "qemu:///system";

function volume(name: string, pool = "lab", more: Partial<StateResource> = {}): StateResource {
  const type = "libvirt:index/volume:Volume";
  return { urn: urn(type, name), type, id: `/pools/${pool}/${name}`, outputs: { name, pool }, ...more };
}
const machines = [{ name: "master", uuid: "uuid-1" }];
const disks = [volume("root"), volume("data"), volume("seed")];

const probe = "vol-dumpxml --pool lab root";
const gone = new Error("Storage volume not found: no storage vol with matching path '/pools/lab/root'");
/** Answers of an active pool in which libvirt finds these volumes once it reads the folder again. */
const pool = (...found: string[]): Readonly<Record<string, Answer>> => ({
  [probe]: gone,
  "pool-refresh lab": "",
  "pool-list --name": " other\n lab\n",
  "vol-list --pool lab": found.map((name) => ` ${name}   /pools/lab/${name}\n`).join(""),
});

/** Checks a stack on a hypervisor with these answers. */
async function checking(answers: Readonly<Record<string, Answer>>, volumes = disks, nodes = machines) {
  const { virsh, asked } = answering(answers);
  const failure = await refuseUnmountedStorage(clusterOfMachines(nodes, uri, volumes), (to) =>
    to === uri ? virsh : () => Promise.reject(new Error(`unknown ${to}`)),
  ).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { failure, asked };
}

describe("storage that is not mounted", () => {
  it("is refused with the pool, its folder and the fix", async () => {
    const { failure, asked } = await checking(pool());
    expect(failure).toMatch(
      /^storage pool lab has none of the stack's 3 volumes in \/pools\/lab, expected all of them; no volume was created or removed\. /,
    );
    expect(failure).toMatch(/ Fix: mount the storage on the hypervisor, and run this again\. /);
    expect(asked).toEqual([probe, "pool-refresh lab", "pool-list --name", "vol-list --pool lab"]);
  });

  it("is refused also if the pool has volumes of others", async () => {
    const { failure } = await checking(pool("theirs", "rooted"));
    expect(failure).toContain("none of the stack's 3 volumes");
  });

  it("of a second pool is refused, and the first pool is not named", async () => {
    const answers = { ...pool(), "vol-dumpxml --pool fast cache": "<volume/>" };
    const { failure } = await checking(answers, [volume("cache", "fast"), ...disks]);
    expect(failure).toContain("storage pool lab has none of the stack's 3 volumes");
    expect(failure).not.toContain("fast");
  });
});

describe("storage that is mounted", () => {
  it("costs one call for each pool", async () => {
    const answers = { [probe]: "<volume/>", "vol-dumpxml --pool fast cache": "<volume/>" };
    const { failure, asked } = await checking(answers, [...disks, volume("cache", "fast")]);
    expect([failure, asked]).toEqual([undefined, [probe, "vol-dumpxml --pool fast cache"]]);
  });

  it("is read again, because libvirt may have the list from before the mount", async () => {
    const { failure, asked } = await checking(pool("root", "data", "seed"));
    expect(failure).toBeUndefined();
    expect(asked).toContain("pool-refresh lab");
  });

  it("may lack volumes that were deleted by hand", async () => {
    expect((await checking(pool("seed"))).failure).toBeUndefined();
  });
});

describe("nothing is refused", () => {
  it.each([
    ["where libvirt does not answer", {}],
    ["where the pool is inactive", { ...pool(), "pool-refresh lab": new Error("storage pool 'lab' is not active") }],
    ["where libvirt lists no volumes", { ...pool(), "vol-list --pool lab": new Error("timed out") }],
  ])("%s", async (_, answers) => {
    expect((await checking(answers)).failure).toBeUndefined();
  });

  it("without a machine, and virsh is not called", async () => {
    expect(await checking({}, disks, [])).toEqual({ failure: undefined, asked: [] });
  });

  it.each([
    ["volumes that wait for their deletion", { delete: true }],
    ["volumes without a pool", { outputs: { name: "root" } }],
    ["volumes without a path", { id: undefined }],
  ])("for %s, and virsh is not called", async (_, more) => {
    const volumes = [volume("root", "lab", more)];
    expect(await checking({}, volumes)).toEqual({ failure: undefined, asked: [] });
  });
});
