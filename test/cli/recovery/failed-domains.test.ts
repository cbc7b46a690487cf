import { describe, expect, test } from "vitest";
import type { Virsh } from "../../../libvirt/virsh.ts";
import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { AnotherRunError } from "../../../cli/stack/lock.ts";
import { removeFailedDomains } from "../../../cli/recovery/failed-domains.ts";
import { collect } from "../../support/collect.ts";
import { answering } from "../../support/virsh-answers.ts";
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

const list = "list --all --uuid --name";
const off = "list --inactive --without-managed-save --uuid --name";
const disks = "domblklist --details uuid-1";
const undefine = (uuid: string) =>
  `undefine ${uuid} --managed-save --nvram --snapshots-metadata --checkpoints-metadata`;
const ours = `nodeforge cluster lab, ${id}, machine 0123456789ab`;

/** Removes failed domains with a virsh that has only these answers and fails otherwise. */
async function removing(
  resources: readonly StateResource[],
  answers: Record<string, string | undefined>,
  isAlone = true,
) {
  const { virsh, asked } = answering(answers);
  const connect = (to: string): Virsh => (to === uri ? virsh : (...args) => virsh(to, ...args));
  const state: StackState = { resources, pending: [] };
  const found = await collect(removeFailedDomains(state, connect, () => Promise.resolve(isAlone)));
  return { found, asked };
}

const domains = "uuid-1 lab-w-1\nuuid-2 other\n";
const answers = { [list]: domains, "desc uuid-1": `${ours}\n`, [off]: domains, [undefine("uuid-1")]: "" };

describe("a domain that is off and not in the state", () => {
  test("is removed when it has the mark of this cluster, and its storage is kept", async () => {
    const { found: removed, asked } = await removing(whole, answers);
    expect(removed).toEqual([{ what: "domain lab-w-1" }]);
    expect(asked).toEqual([list, "desc uuid-1", off, undefine("uuid-1")]);
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
  const volume = (id: string): StateResource => ({
    urn: urn("libvirt:index/volume:Volume", "lab-w-1-root"),
    type: "libvirt:index/volume:Volume",
    id,
  });
  const both = [...whole, volume("/pool/root"), volume("/pool/seed")];
  const running = {
    ...answers,
    [off]: "uuid-2 other\n",
    [disks]: " file   disk   vda   /pool/root\n file   disk   vdb   /pool/seed\n",
    "list --name": "lab-w-1\n",
    "destroy uuid-1": "",
  };

  test("is turned off and removed when the state has its disks: the answer of libvirt was lost", async () => {
    const { found, asked } = await removing(both, running);
    expect(found).toEqual([{ what: "domain lab-w-1" }]);
    expect(asked).toEqual([...[list, "desc uuid-1", off, disks, "list --name", "destroy uuid-1"], undefine("uuid-1")]);
  });

  // Its machine may have joined. A refresh, or a deletion from the state by hand, removed only the domain.
  test("is kept when a step of its machine is in the state", async () => {
    const step: StateResource = {
      urn: urn("command:local:Command", "lab-w-1-host-key"),
      type: "command:local:Command",
      inputs: { triggers: ["uuid-1"] },
    };
    expect(await removing([...both, step], running)).toEqual({ found: [], asked: [list, "desc uuid-1", off] });
  });

  test.each([
    ["one of its disks is not in the state", " file   disk   vda   /pool/root\n file   disk   vdb   /pool/other\n"],
    ["it has no disk", "\n"],
  ])("is kept when %s", async (_, answer) => {
    const { found, asked } = await removing(both, { ...running, [disks]: answer });
    expect([found, asked]).toEqual([[], [list, "desc uuid-1", off, disks]]);
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
