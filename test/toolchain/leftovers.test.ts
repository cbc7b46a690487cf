import { describe, expect, test } from "vitest";
import { removeLeftovers } from "../../toolchain/leftovers.ts";
import type { StackState, StateResource } from "../../toolchain/stack-state.ts";
import { AnotherRunError } from "../../toolchain/state-lock.ts";
import { networkMark } from "../../topology.ts";
import { answering } from "../support/virsh-answers.ts";

const uri = "qemu+ssh://host/system";
const provider = "urn:pulumi:lab::nodeforge::pulumi:providers:libvirt::hypervisor";
const owner = "nodeforge cluster lab, 0000-1111";

const base: readonly StateResource[] = [
  { urn: provider, type: "pulumi:providers:libvirt", id: "p", inputs: { uri } },
  { urn: "urn:pulumi:lab::nodeforge::nodeforge:index:Cluster::lab", type: "nodeforge:index:Cluster" },
];

function pending(type: string, inputs: Record<string, unknown>, operation: "creating" | "deleting" = "creating") {
  const urn = `urn:pulumi:lab::nodeforge::${type}::${String(inputs.name)}`;
  return { type: operation, resource: { urn, type, provider: `${provider}::p`, inputs } };
}

const domain = pending("libvirt:index/domain:Domain", { name: "lab-master", description: owner });
const network = pending("libvirt:index/network:Network", { name: "net" });
const pool = pending("libvirt:index/pool:Pool", { name: "nodeforge-lab", target: { path: "/pool" } });
const volume = (name: string, pool = "theirs") => pending("libvirt:index/volume:Volume", { name, pool });

/** Answers of a virsh; whatever has none must not be asked. */
async function removing(state: Partial<StackState>, answers: Record<string, string>, isAlone = true) {
  const { virsh, asked } = answering(answers);
  const connect = (to: string) => {
    expect(to).toBe(uri);
    return virsh;
  };
  const whole = { resources: [...base, ...(state.resources ?? [])], pending: state.pending ?? [] };
  return { found: await removeLeftovers(whole, connect, () => Promise.resolve(isAlone)), asked };
}

const undefine = "undefine lab-master --managed-save --nvram --snapshots-metadata --checkpoints-metadata";
const domainAnswers = {
  "list --all --name": "other\nlab-master\n",
  "list --name": "lab-master\n",
  "domuuid lab-master": "uuid-1\n",
  "desc lab-master": `${owner}\n`,
  "destroy lab-master": "",
  [undefine]: "",
};

describe("a domain whose creation was cut off", () => {
  test("is stopped and removed", async () => {
    const { found, asked } = await removing({ pending: [domain] }, domainAnswers);
    expect(found).toEqual([{ what: "domain lab-master" }]);
    expect(asked.slice(-2)).toEqual(["destroy lab-master", undefine]);
  });

  test("is not stopped when it does not run", async () => {
    const { asked } = await removing({ pending: [domain] }, { ...domainAnswers, "list --name": "\n" });
    expect(asked).not.toContain("destroy lab-master");
    expect(asked).toContain(undefine);
  });

  test.each([
    ["is not there", {}, { "list --all --name": "other\n" }],
    ["is in the state", { resources: [{ urn: "urn:d", type: "libvirt:index/domain:Domain", id: "uuid-1" }] }, {}],
  ])("is no matter when it %s", async (_, state, answers) => {
    const { found, asked } = await removing({ pending: [domain], ...state }, { ...domainAnswers, ...answers });
    expect(found).toEqual([]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });

  test.each([
    ["another cluster's", "nodeforge cluster other, 0000-1111"],
    ["another stack's, of a cluster of this name", "nodeforge cluster lab, 2222-3333"],
    ["somebody's", ""],
  ])("is left when it is %s", async (_, description) => {
    const { found, asked } = await removing(
      { pending: [domain] },
      { ...domainAnswers, "desc lab-master": description },
    );
    expect(found).toEqual([
      { what: "domain lab-master", left: "its description is not the one this stack gives it: virsh desc lab-master" },
    ]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });

  test("is left when somebody else began to work on the stack", async () => {
    await expect(removing({ pending: [domain] }, domainAnswers, false)).rejects.toThrow(AnotherRunError);
  });
});

test("a deletion that was cut off removes nothing", async () => {
  const deleting = pending("libvirt:index/domain:Domain", { name: "lab-master", description: owner }, "deleting");
  expect(await removing({ pending: [deleting] }, {})).toEqual({ found: [], asked: [] });
});

describe("a volume whose creation was cut off", () => {
  const listed = (pool: string, name: string) => ({
    "pool-list --name": `${pool}\n`,
    [`vol-list --pool ${pool}`]: ` ${name}   /somewhere/${name}\n`,
    [`vol-delete --pool ${pool} ${name}`]: "",
  });

  test.each([["lab-base-0123456789ab.qcow2"], ["lab-master-seed-0123456789ab.iso"], ["lab-master-root-8f42f85"]])(
    "is removed from anybody's pool under a name like %s",
    async (name) => {
      const { found, asked } = await removing({ pending: [volume(name)] }, listed("theirs", name));
      expect(found).toEqual([{ what: `volume ${name}` }]);
      expect(asked.at(-1)).toBe(`vol-delete --pool theirs ${name}`);
    },
  );

  test.each([["data"], ["other-master-root-8f42f85"], ["lab-notes.qcow2"]])(
    "is left in somebody's pool under a name like %s",
    async (name) => {
      const { found, asked } = await removing({ pending: [volume(name)] }, listed("theirs", name));
      expect(found).toEqual([{ what: `volume ${name}`, left: expect.stringContaining("neither its pool") as string }]);
      expect(asked.join()).not.toContain("vol-delete");
    },
  );

  test("is removed from the cluster's own pool under any name", async () => {
    const own = { urn: "urn:p", type: "libvirt:index/pool:Pool", id: "x", outputs: { name: "own" } };
    const { found } = await removing({ resources: [own], pending: [volume("data", "own")] }, listed("own", "data"));
    expect(found).toEqual([{ what: "volume data" }]);
  });

  test("is no matter when the state has it, or its pool is not there", async () => {
    const outputs = { name: "lab-master-root-8f42f85", pool: "theirs" };
    const known = { urn: "urn:v", type: "libvirt:index/volume:Volume", id: "/x", outputs };
    const one = { resources: [known], pending: [volume(outputs.name)] };
    expect((await removing(one, listed("theirs", outputs.name))).found).toEqual([]);
    expect((await removing({ pending: [volume("data")] }, { "pool-list --name": "" })).found).toEqual([]);
  });
});

describe("a network whose creation was cut off", () => {
  const answers = (mark: string) => ({
    "net-list --all --name": "net\n",
    "net-list --name": "net\n",
    "net-uuid net": "uuid-2",
    "net-dumpxml net": `<network><name>net</name><metadata>${mark}</metadata></network>`,
    "net-destroy net": "",
    "net-undefine net": "",
  });

  test("is removed when it has the cluster's mark", async () => {
    const { found, asked } = await removing({ pending: [network] }, answers(networkMark("lab")));
    expect(found).toEqual([{ what: "network net" }]);
    expect(asked.slice(-2)).toEqual(["net-destroy net", "net-undefine net"]);
  });

  test.each([[""], [networkMark("other")], [networkMark("lab2")]])("is left with the mark %j", async (mark) => {
    const { found, asked } = await removing({ pending: [network] }, answers(mark));
    expect(found).toEqual([{ what: "network net", left: expect.stringContaining("not marked") as string }]);
    expect(asked.join()).not.toMatch(/destroy|undefine/);
  });
});

describe("a pool whose creation was cut off", () => {
  const answers = (path: string) => ({
    "pool-list --all --name": "nodeforge-lab\n",
    "pool-list --name": "",
    "pool-uuid nodeforge-lab": "uuid-3",
    "pool-dumpxml nodeforge-lab": `<pool><target><path>${path}</path></target></pool>`,
    "pool-undefine nodeforge-lab": "",
  });

  test("is forgotten by libvirt, and never emptied", async () => {
    const { found, asked } = await removing({ pending: [pool] }, answers("/pool"));
    expect(found).toEqual([{ what: "storage pool nodeforge-lab" }]);
    expect(asked.at(-1)).toBe("pool-undefine nodeforge-lab");
    expect(asked.join()).not.toMatch(/delete|destroy/);
  });

  test("is left when its folder is another", async () => {
    const { found } = await removing({ pending: [pool] }, answers("/pool/other"));
    expect(found).toEqual([
      { what: "storage pool nodeforge-lab", left: expect.stringContaining("its folder") as string },
    ]);
  });
});

test("what was cut off goes in the order in which it can", async () => {
  const { found } = await removing(
    { pending: [pool, network, domain] },
    {
      ...domainAnswers,
      "net-list --all --name": "net\n",
      "net-list --name": "",
      "net-uuid net": "uuid-2",
      "net-dumpxml net": networkMark("lab"),
      "net-undefine net": "",
      "pool-list --all --name": "",
    },
  );
  expect(found.map(({ what }) => what)).toEqual(["domain lab-master", "network net"]);
});

test("a hypervisor that cannot be asked is an error", async () => {
  await expect(removing({ pending: [domain] }, {})).rejects.toThrow("no answer to list --all --name");
});
