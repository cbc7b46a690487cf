import { describe, expect, test } from "vitest";
import { interruptedCreations } from "../../../cli/recovery/interrupted-creations.ts";
import { removeOrphans } from "../../../cli/recovery/orphans.ts";
import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { AnotherRunError } from "../../../cli/stack/lock.ts";
import { networkMark } from "../../../names.ts";
import { collect } from "../../support/collect.ts";
import { answering } from "../../support/virsh-answers.ts";
import { urn } from "../../support/urn.ts";

const uri = "qemu+ssh://host/system";
const provider = urn("pulumi:providers:libvirt", "hypervisor");
const id = "0123abcd-1111-2222-3333-444444444444";
const another = "4567abcd-1111-2222-3333-444444444444";
const owner = `nodeforge cluster lab, ${id}, machine 0123456789ab`;

const base: readonly StateResource[] = [
  { urn: provider, type: "pulumi:providers:libvirt", id: "p", inputs: { uri } },
  { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
  {
    urn: urn("random:index/randomUuid:RandomUuid", "lab-id"),
    type: "random:index/randomUuid:RandomUuid",
    outputs: { result: id },
  },
];

function pending(
  type: string,
  inputs: Record<string, unknown>,
  operation: "creating" | "deleting" = "creating",
  resource = String(inputs.name),
) {
  return { type: operation, resource: { urn: urn(type, resource), type, provider: `${provider}::p`, inputs } };
}

const domain = pending("libvirt:index/domain:Domain", { name: "lab-master", description: owner });
const network = pending("libvirt:index/network:Network", { name: "net" });
const pool = pending("libvirt:index/pool:Pool", { name: "nodeforge-lab", target: { path: "/pool" } });
const volume = (name: string, resource = name.replace(/-[0-9a-f]{7,8}(\..*)?$/, "")) =>
  pending("libvirt:index/volume:Volume", { name, pool: "theirs" }, "creating", resource);

/** Removes interrupted creations with a virsh that has only these answers and fails otherwise. */
async function removing(state: Partial<StackState>, answers: Record<string, string>, isAlone = true) {
  const { virsh, asked } = answering(answers);
  const connect = (to: string) => {
    expect(to).toBe(uri);
    return virsh;
  };
  const whole = { resources: [...base, ...(state.resources ?? [])], pending: state.pending ?? [] };
  const candidates = interruptedCreations(whole, connect);
  return { found: await collect(removeOrphans(whole, candidates, () => Promise.resolve(isAlone))), asked };
}

const undefine = "undefine uuid-1 --managed-save --nvram --snapshots-metadata --checkpoints-metadata";
const domainAnswers = {
  "list --all --name": "other\nlab-master\n",
  "list --name": "lab-master\n",
  "domuuid lab-master": "uuid-1\n",
  "desc uuid-1": `${owner}\n`,
  "domblklist --details uuid-1": "",
  "destroy uuid-1": "",
  [undefine]: "",
};

describe("a domain whose creation was interrupted", () => {
  test("is turned off and removed, by its UUID", async () => {
    const { found, asked } = await removing({ pending: [domain] }, domainAnswers);
    expect(found).toEqual([{ what: "domain lab-master" }]);
    expect(asked.slice(-2)).toEqual(["destroy uuid-1", undefine]);
  });

  test("takes its root disk with it, because its first boot was cut off", async () => {
    const name = "lab-master-root-0a1b2c3";
    const root: StateResource = {
      urn: urn("libvirt:index/volume:Volume", "lab-master-root"),
      type: "libvirt:index/volume:Volume",
      id: `/pool/${name}`,
      inputs: { pool: "theirs", name },
    };
    const { found, asked } = await removing(
      { resources: [root], pending: [domain] },
      {
        ...domainAnswers,
        "domblklist --details uuid-1": ` file   disk   vda   /pool/${name}\n`,
        "pool-list --inactive --name": "",
        "pool-list --name": "theirs\n",
        "vol-list --pool theirs": ` ${name}   /pool/${name}\n`,
        [`vol-path --pool theirs ${name}`]: `/pool/${name}\n`,
        "list --all --uuid --name": "",
        [`vol-delete --pool theirs ${name}`]: "",
      },
    );
    const why = "no step had run on its machine, and its first boot may be incomplete";
    expect(found).toEqual([{ what: "domain lab-master" }, { what: `volume ${name}`, why }]);
    expect(asked.at(-1)).toBe(`vol-delete --pool theirs ${name}`);
  });

  test("is not turned off when it does not run", async () => {
    const { asked } = await removing({ pending: [domain] }, { ...domainAnswers, "list --name": "\n" });
    expect(asked).not.toContain("destroy uuid-1");
    expect(asked).toContain(undefine);
  });

  test.each([
    ["is missing", {}, { "list --all --name": "other\n" }],
    ["is in the state", { resources: [{ urn: "urn:d", type: "libvirt:index/domain:Domain", id: "uuid-1" }] }, {}],
  ])("is not touched when it %s", async (_, state, answers) => {
    const { found, asked } = await removing({ pending: [domain], ...state }, { ...domainAnswers, ...answers });
    expect(found).toEqual([]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });

  test.each([
    ["has another cluster's mark", owner.replace("lab", "other")],
    ["has the mark of another stack's cluster of this name", owner.replace(id, another)],
    ["has no mark", ""],
  ])("is kept when it %s", async (_, description) => {
    const { found, asked } = await removing({ pending: [domain] }, { ...domainAnswers, "desc uuid-1": description });
    expect(found).toEqual([
      { what: "domain lab-master", kept: "its description is not the one this stack gives it: virsh desc lab-master" },
    ]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });

  test("is kept when another run begins to work on the stack", async () => {
    await expect(removing({ pending: [domain] }, domainAnswers, false)).rejects.toThrow(AnotherRunError);
  });
});

describe("a domain of another description than the interrupted creation's, with the cluster's mark", () => {
  const earlier = { ...domainAnswers, "desc uuid-1": owner.replace("0123456789ab", "ba9876543210") };
  const shutOff = "list --inactive --without-managed-save --uuid --name";

  test("is removed when it is shut off: an earlier run could not start it", async () => {
    const answers = { ...earlier, [shutOff]: "uuid-1 lab-master\n", "list --name": "\n" };
    const { found, asked } = await removing({ pending: [domain] }, answers);
    expect(found).toEqual([{ what: "domain lab-master" }]);
    expect(asked.at(-1)).toBe(undefine);
    expect(asked).not.toContain("destroy uuid-1");
  });

  test("is kept when it runs or has saved memory: a copy of this state may manage it", async () => {
    const { found, asked } = await removing({ pending: [domain] }, { ...earlier, [shutOff]: "uuid-2 other\n" });
    expect(found).toEqual([
      { what: "domain lab-master", kept: "its description is not the one this stack gives it: virsh desc lab-master" },
    ]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });
});

test("an interrupted deletion removes nothing", async () => {
  const deleting = pending("libvirt:index/domain:Domain", { name: "lab-master", description: owner }, "deleting");
  expect(await removing({ pending: [deleting] }, {})).toEqual({ found: [], asked: [] });
});

describe("a volume whose creation was interrupted", () => {
  const listed = (name: string) => ({
    "pool-list --inactive --name": "\n",
    "pool-list --name": "theirs\n",
    "vol-list --pool theirs": ` ${name}   /pool/${name}\n overlay   /pool/overlay\n`,
    [`vol-path --pool theirs ${name}`]: `/pool/${name}\n`,
    [`vol-dumpxml --pool theirs ${name}`]: `<volume><key>/pool/${name}</key></volume>`,
    "vol-dumpxml --pool theirs overlay": "<volume><key>/pool/overlay</key></volume>",
    "list --all --uuid --name": "uuid-1 other\n",
    "domblklist --details uuid-1": " file   disk   vda   /pool/overlay\n",
    [`vol-delete --pool theirs ${name}`]: "",
  });
  const own = "lab-base-0123456789ab-0123abcd.qcow2";

  test.each([
    [own],
    ["lab-master-seed-0123456789ab-0123abcd.iso"],
    ["lab-master-data-0123abcd.qcow2"],
    ["lab-master-root-8f42f85"],
  ])("is removed when only this cluster gives its name, like %s", async (name) => {
    const { found, asked } = await removing({ pending: [volume(name)] }, listed(name));
    expect(found).toEqual([{ what: `volume ${name}` }]);
    expect(asked.at(-1)).toBe(`vol-delete --pool theirs ${name}`);
  });

  test.each([
    ["of another cluster of this name", "lab-base-0123456789ab-4567abcd.qcow2", "lab-base-0123456789ab"],
    ["of a release that put no id into names", "lab-base-0123456789ab.qcow2", "lab-base-0123456789ab"],
    ["whose content ends as the id does", "lab-base-01230123abcd.qcow2", "lab-base-01230123abcd"],
    ["of another cluster's machine", "other-master-data-0123abcd.qcow2", "other-master-data"],
    ["that a user chose", "lab-notes.qcow2", "lab-master-root"],
    ["that begins as a root disk's does", "lab-master-root-backup", "lab-master-root"],
  ])("is kept when its name is one %s, with the command that deletes it", async (_, name, resource) => {
    const { found, asked } = await removing({ pending: [volume(name, resource)] }, listed(name));
    const kept =
      "another stack with a cluster of this name may have created it; " +
      `if nothing needs it: virsh vol-delete --pool theirs ${name}`;
    expect(found).toEqual([{ what: `volume ${name}`, kept }]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  test("is removed from an inactive pool, where the next creation would find it", async () => {
    const inactive = { ...listed(own), "pool-list --inactive --name": "theirs\n", "pool-start theirs": "" };
    const { found, asked } = await removing({ pending: [volume(own)] }, inactive);
    expect(found).toEqual([{ what: `volume ${own}` }]);
    expect(asked.indexOf("pool-start theirs")).toBeLessThan(asked.indexOf(`vol-delete --pool theirs ${own}`));
  });

  test("is kept while an object outside of the state uses it", async () => {
    const overlay = `<volume><key>/pool/overlay</key><backingStore><path>/pool/${own}</path></backingStore></volume>`;
    const used = { ...listed(own), "vol-dumpxml --pool theirs overlay": overlay };
    const { found, asked } = await removing({ pending: [volume(own)] }, used);
    const kept = `volume overlay has it as its backing file; if nothing needs it: virsh vol-delete --pool theirs ${own}`;
    expect(found).toEqual([{ what: `volume ${own}`, kept }]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  test("is kept where the state has no id of the cluster", async () => {
    const { virsh, asked } = answering(listed(own));
    const state = { resources: base.slice(0, 2), pending: [volume(own)] };
    const candidates = interruptedCreations(state, () => virsh);
    const found = await collect(removeOrphans(state, candidates, () => Promise.resolve(true)));
    expect(found).toEqual([{ what: `volume ${own}`, kept: expect.stringContaining("another stack") as string }]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  const init = {
    urn: urn("command:remote:Command", "lab-master-init"),
    type: "command:remote:Command",
    id: "c",
  };
  const data = "lab-master-data-0123abcd.qcow2";

  test("is kept when it is the data disk of an initialized cluster, which a creation reuses", async () => {
    const { found, asked } = await removing({ resources: [init], pending: [volume(data)] }, listed(data));
    const kept =
      "it may hold the control plane's data, and the next `up` reuses it; " +
      `if nothing needs it: virsh vol-delete --pool theirs ${data}`;
    expect(found).toEqual([{ what: `volume ${data}`, kept }]);
    expect(asked.join()).not.toContain("vol-delete");
  });

  test.each([
    [own, { source: "/node.qcow2" }],
    ["lab-worker-node-2-root-8f42f85", { baseVolumeId: "/pool/base" }],
  ])("is removed also from an initialized cluster when it is %s", async (name, inputs) => {
    const { resource, ...operation } = volume(name);
    const copy = { ...operation, resource: { ...resource, inputs: { ...resource.inputs, ...inputs } } };
    const { found, asked } = await removing({ resources: [init], pending: [copy] }, listed(name));
    expect(found).toEqual([{ what: `volume ${name}` }]);
    expect(asked.at(-1)).toBe(`vol-delete --pool theirs ${name}`);
  });

  test("is not touched when the state has it, or its pool is missing", async () => {
    const outputs = { name: "lab-master-root-8f42f85", pool: "theirs" };
    const known = { urn: "urn:v", type: "libvirt:index/volume:Volume", id: "/x", outputs };
    const one = { resources: [known], pending: [volume(outputs.name)] };
    expect((await removing(one, listed(outputs.name))).found).toEqual([]);
    expect(
      (await removing({ pending: [volume("data")] }, { ...listed("data"), "pool-list --name": "" })).found,
    ).toEqual([]);
  });
});

describe("a network whose creation was interrupted", () => {
  const answers = (mark: string, attributes = "") => ({
    "net-list --all --name": "net\n",
    "net-list --name": "net\n",
    "net-uuid net": "uuid-2",
    "net-dumpxml net": `<network${attributes}><name>net</name><metadata>${mark}</metadata></network>`,
    "list --all --uuid --name": "uuid-1 some body\n",
    "domiflist uuid-1":
      " -   network   other   virtio   52:54:00:00:00:01\n vnet1   bridge   net   e1000   52:54:00:00:00:02\n",
    "net-destroy net": "",
    "net-undefine net": "",
  });

  test("is removed when it has this cluster's mark and nothing is connected to it", async () => {
    const { found, asked } = await removing({ pending: [network] }, answers(networkMark("lab", id)));
    expect(found).toEqual([{ what: "network net" }]);
    expect(asked.slice(-2)).toEqual(["net-destroy net", "net-undefine net"]);
  });

  test.each([
    ["no mark", ""],
    ["another cluster's mark", networkMark("other", id)],
    ["the mark of another cluster of this name", networkMark("lab", another)],
    ["the mark of a release that put no id into it", networkMark("lab", undefined)],
  ])("is kept with %s", async (_, mark) => {
    const { found, asked } = await removing({ pending: [network] }, answers(mark));
    const kept = "it does not have this cluster's mark: virsh net-dumpxml net";
    expect(found).toEqual([{ what: "network net", kept }]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });

  const onIt = { "domiflist uuid-1": " -   network   net   virtio   52:54:00:00:00:01\n" };
  const machine = { urn: "urn:d", type: "libvirt:index/domain:Domain", id: "uuid-1" };

  test("is removed when only machines of the state are defined on it, and none is connected", async () => {
    const all = { ...answers(networkMark("lab", id)), ...onIt };
    const { found, asked } = await removing({ resources: [machine], pending: [network] }, all);
    expect(found).toEqual([{ what: "network net" }]);
    expect(asked.slice(-2)).toEqual(["net-destroy net", "net-undefine net"]);
  });

  test("is kept when a machine of the state is connected", async () => {
    const all = { ...answers(networkMark("lab", id), " connections='1'"), ...onIt };
    const { found, asked } = await removing({ resources: [machine], pending: [network] }, all);
    expect(found).toEqual([{ what: "network net", kept: "machines are connected to it: virsh net-dumpxml net" }]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });

  test.each([
    ["machines are connected to it", " connections='1'", {}],
    ["domain some body is connected to it", "", onIt],
  ])("is kept when %s", async (kept, attributes, more) => {
    const all = { ...answers(networkMark("lab", id), attributes), ...more };
    const { found, asked } = await removing({ pending: [network] }, all);
    expect(found).toEqual([{ what: "network net", kept: `${kept}: virsh net-dumpxml net` }]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });
});

describe("a pool whose creation was interrupted", () => {
  const answers = (path: string, volumes = "") => ({
    "pool-list --all --name": "nodeforge-lab\n",
    "pool-list --name": "nodeforge-lab\n",
    "pool-uuid nodeforge-lab": "uuid-3",
    "pool-dumpxml nodeforge-lab": `<pool><target><path>${path}</path></target></pool>`,
    "pool-refresh nodeforge-lab": "",
    "vol-list --pool nodeforge-lab": volumes,
    "pool-destroy nodeforge-lab": "",
    "pool-undefine nodeforge-lab": "",
  });

  test.each([
    ["nothing", ""],
    ["the cluster's own volumes", " lab-base-0123456789ab-0123abcd.qcow2   /pool/x\n"],
  ])("is undefined with %s in it, and its volumes are kept", async (_, volumes) => {
    const { found, asked } = await removing({ pending: [pool] }, answers("/pool", volumes));
    expect(found).toEqual([{ what: "storage pool nodeforge-lab" }]);
    expect(asked.slice(-2)).toEqual(["pool-destroy nodeforge-lab", "pool-undefine nodeforge-lab"]);
    expect(asked.join()).not.toMatch(/delete/);
  });

  const foreign = "lab-base-0123456789ab-4567abcd.qcow2";
  test.each([
    [
      "its folder is another one",
      answers("/pool/other"),
      "its folder is not the one this stack gives it: virsh pool-dumpxml",
    ],
    [
      "another cluster's volume is in it",
      answers("/pool", ` ${foreign}   /x\n`),
      `volume ${foreign} is in it: virsh vol-list --pool`,
    ],
    [
      "it is inactive",
      { ...answers("/pool"), "pool-list --name": "\n" },
      "it is inactive, so its content is unknown; if nothing needs it: virsh pool-undefine",
    ],
  ])("is kept when %s", async (_, answers, kept) => {
    const { found, asked } = await removing({ pending: [pool] }, answers);
    expect(found).toEqual([{ what: "storage pool nodeforge-lab", kept: `${kept} nodeforge-lab` }]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });
});

test("users of an object are removed before the object", async () => {
  const { found } = await removing(
    { pending: [pool, network, domain] },
    {
      ...domainAnswers,
      "net-list --all --name": "net\n",
      "net-list --name": "",
      "net-uuid net": "uuid-2",
      "net-dumpxml net": networkMark("lab", id),
      "list --all --uuid --name": "",
      "net-undefine net": "",
      "pool-list --all --name": "",
    },
  );
  expect(found.map(({ what }) => what)).toEqual(["domain lab-master", "network net"]);
});

test("a hypervisor that does not answer is an error", async () => {
  await expect(removing({ pending: [domain] }, {})).rejects.toThrow("no answer to list --all --name");
});
