import { describe, expect, test } from "vitest";
import type { Virsh } from "../../../libvirt/virsh.ts";
import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { AnotherRunError } from "../../../cli/stack/lock.ts";
import { removeFailedDomains } from "../../../cli/recovery/failed-domains.ts";
import { collect } from "../../support/collect.ts";
import { answering, type Answer } from "../../support/virsh-answers.ts";
import { urn } from "../../support/urn.ts";

const uri = "qemu+ssh://host/system";
const id = "11111111-2222-3333-4444-555555555555";

const provider: StateResource = {
  urn: urn("pulumi:providers:libvirt", "hypervisor"),
  type: "pulumi:providers:libvirt",
  inputs: { uri },
};
const cluster: StateResource = { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" };
const clusterId: StateResource = {
  urn: urn("random:index/randomUuid:RandomUuid", "lab-id"),
  type: "random:index/randomUuid:RandomUuid",
  id,
  outputs: { result: id },
};
const domain = (uuid: string): StateResource => ({
  urn: urn("libvirt:index/domain:Domain", "lab-w-1"),
  type: "libvirt:index/domain:Domain",
  id: uuid,
});
const whole = [provider, cluster, clusterId];
const rootName = "lab-w-1-root-0a1b2c3";
const volume = (suffix: "root" | "seed" | "data", name: string): StateResource => ({
  urn: urn("libvirt:index/volume:Volume", `lab-w-1-${suffix}`),
  type: "libvirt:index/volume:Volume",
  id: `/pool/${name}`,
  inputs: { pool: "own", name },
});
/** A step of the machine, which shows that its first boot was complete. */
const step: StateResource = {
  urn: urn("command:local:Command", "lab-w-1-host-key"),
  type: "command:local:Command",
  inputs: { triggers: ["uuid-1"] },
};

const list = "list --all --uuid --name";
const off = "list --inactive --without-managed-save --uuid --name";
const disks = "domblklist --details uuid-1";
const drives = (...names: string[]) => names.map((name) => ` file   disk   vda   /pool/${name}\n`).join("");
const undefine = (uuid: string) =>
  `undefine ${uuid} --managed-save --nvram --snapshots-metadata --checkpoints-metadata`;
const ours = `nodeforge cluster lab, ${id}, machine 0123456789ab`;

/** Removes failed domains with a virsh that has only these answers and fails otherwise. */
async function removing(
  resources: readonly StateResource[],
  answers: Record<string, Answer | undefined>,
  isAlone = true,
) {
  const { virsh, asked } = answering(answers);
  const connect = (to: string): Virsh => (to === uri ? virsh : (...args) => virsh(to, ...args));
  const state: StackState = { resources, pending: [] };
  const found = await collect(removeFailedDomains(state, connect, () => Promise.resolve(isAlone)));
  return { found, asked };
}

const domains = "uuid-1 lab-w-1\nuuid-2 other\n";
const answers = { [list]: domains, "desc uuid-1": `${ours}\n`, [off]: domains, [disks]: "", [undefine("uuid-1")]: "" };

describe("a domain that is off and not in the state", () => {
  test("is removed when it has the mark of this cluster, and storage that the state lacks is kept", async () => {
    const { found: removed, asked } = await removing(whole, { ...answers, [disks]: drives(rootName) });
    expect(removed).toEqual([{ what: "domain lab-w-1" }]);
    expect(asked).toEqual([list, "desc uuid-1", off, disks, undefine("uuid-1")]);
    expect(asked.join()).not.toMatch(/storage|destroy|vol-/);
  });

  test("is removed when the state has another domain of its name", async () => {
    const { found } = await removing([...whole, domain("uuid-0")], answers);
    expect(found).toEqual([{ what: "domain lab-w-1" }]);
  });

  test.each([
    ["has another cluster's mark", `nodeforge cluster other, ${id}, machine 0123456789ab`],
    ["has the mark of an earlier cluster of this name", ours.replace("1111", "9999")],
    ["has an incomplete mark", `nodeforge cluster lab, ${id}`],
    ["has the mark in the middle of its description", `copy of ${ours}`],
    ["has no description", ""],
  ])("is kept when it %s", async (_, description) => {
    const { found, asked } = await removing(whole, { ...answers, "desc uuid-1": description });
    expect([found, asked]).toEqual([[], [list, "desc uuid-1"]]);
  });

  test("is kept when another run begins to work on the stack", async () => {
    await expect(removing(whole, answers, false)).rejects.toThrow(AnotherRunError);
  });
});

describe("a domain that runs and is not in the state", () => {
  const recorded = [...whole, volume("seed", "seed"), volume("data", "data")];
  const running = {
    ...answers,
    [off]: "uuid-2 other\n",
    [disks]: drives("seed", "data"),
    "list --name": "lab-w-1\n",
    "destroy uuid-1": "",
  };

  test("is turned off and removed when the state has its disks: the answer of libvirt was lost", async () => {
    const { found, asked } = await removing(recorded, running);
    expect(found).toEqual([{ what: "domain lab-w-1" }]);
    const before = [list, "desc uuid-1", off, disks, disks, "list --name", "destroy uuid-1"];
    expect(asked).toEqual([...before, undefine("uuid-1")]);
  });

  // Its machine may have joined. A refresh, or a deletion from the state by hand, removed only the domain.
  test("is kept when a step of its machine is in the state", async () => {
    expect(await removing([...recorded, step], running)).toEqual({ found: [], asked: [list, "desc uuid-1", off] });
  });

  test.each([
    ["one of its disks is not in the state", drives("seed", "other")],
    ["it has no disk", "\n"],
  ])("is kept when %s", async (_, answer) => {
    const { found, asked } = await removing(recorded, { ...running, [disks]: answer });
    expect([found, asked]).toEqual([[], [list, "desc uuid-1", off, disks]]);
  });
});

describe("the root disk of a removed domain", () => {
  const disksInState = [...whole, volume("root", rootName), volume("seed", "seed"), volume("data", "data")];
  const withDisks = {
    ...answers,
    [disks]: drives(rootName, "seed", "data"),
    "pool-list --inactive --name": "",
    "pool-list --name": "own\n",
    "vol-list --pool own": ` ${rootName}   /pool/${rootName}\n seed   /pool/seed\n data   /pool/data\n`,
    [`vol-path --pool own ${rootName}`]: `/pool/${rootName}\n`,
    // The list before the removal, and the one after it.
    [list]: [domains, "uuid-2 other\n"],
    "domblklist --details uuid-2": drives("other"),
    [`vol-delete --pool own ${rootName}`]: "",
  };
  const removed = {
    what: `volume ${rootName}`,
    why: "no step had run on its machine, and its first boot may be incomplete",
  };

  test("is removed, and its other disks are kept", async () => {
    const { found, asked } = await removing(disksInState, withDisks);
    expect(found).toEqual([{ what: "domain lab-w-1" }, removed]);
    expect(asked.filter((call) => /delete|undefine/.test(call))).toEqual([
      undefine("uuid-1"),
      `vol-delete --pool own ${rootName}`,
    ]);
  });

  test("is kept when a step of its machine is in the state", async () => {
    const { found, asked } = await removing([...disksInState, step], withDisks);
    expect(found).toEqual([{ what: "domain lab-w-1" }]);
    expect(asked.join()).not.toContain("vol-");
  });

  test("is kept when libvirt does not have it", async () => {
    const { found } = await removing(disksInState, { ...withDisks, "vol-list --pool own": "\n" });
    expect(found).toEqual([{ what: "domain lab-w-1" }]);
  });

  test("is kept when another domain has it", async () => {
    const { found, asked } = await removing(disksInState, {
      ...withDisks,
      "domblklist --details uuid-2": drives(rootName),
    });
    const kept = "domain other has it as a disk";
    expect(found).toEqual([{ what: "domain lab-w-1" }, { what: `volume ${rootName}`, kept }]);
    expect(asked.join()).not.toContain("vol-delete");
  });
});

describe("one list of virsh suffices", () => {
  test.each([
    ["there is no domain", [], "\n"],
    ["the domain is in the state", [domain("uuid-1")], "uuid-1 lab-w-1\n"],
    ["the domains have other names", [], "uuid-1 labor\nuuid-2 other-lab-w-1\n"],
  ])("when %s", async (_, more, answer) => {
    expect(await removing([...whole, ...more], { [list]: answer })).toEqual({ found: [], asked: [list] });
  });
});

test.each([
  ["is empty", []],
  ["has no id of the cluster yet", [provider, cluster]],
  [
    "has the id of another cluster",
    [provider, cluster, { ...clusterId, urn: clusterId.urn.replace("lab-id", "other-id") }],
  ],
  ["has an id without a result", [provider, cluster, { ...clusterId, outputs: {} }]],
  ["has no hypervisor", [cluster, clusterId]],
])("virsh is not called where the state %s", async (_, resources) => {
  expect(await removing(resources, {})).toEqual({ found: [], asked: [] });
});

describe("a hypervisor that fails", () => {
  const unavailable = "qemu+ssh://unavailable/system";
  const failure = {
    what: `domains whose creation failed on ${unavailable}`,
    kept: `no answer to ${unavailable} ${list}`,
  };

  test("is named, and the others are searched all the same", async () => {
    const resources = [{ ...provider, inputs: { uri: unavailable } }, ...whole];
    expect((await removing(resources, answers)).found).toEqual([failure, { what: "domain lab-w-1" }]);
  });

  test("is named when it refuses to undefine a domain", async () => {
    const { found } = await removing(whole, { ...answers, [undefine("uuid-1")]: undefined });
    expect(found).toEqual([
      { what: `domains whose creation failed on ${uri}`, kept: `no answer to ${undefine("uuid-1")}` },
    ]);
  });
});
