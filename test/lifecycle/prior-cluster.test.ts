import { describe, expect, it } from "vitest";
import {
  immutableInputs,
  generationOf,
  isUnavailable,
  hasUnusedToken,
  needsRollout,
  keepersOf,
  keptIdentity,
} from "../../lifecycle/prior-cluster.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { configWith, publicKey, sshKeyPath } from "../support/settings.ts";

const labWith = (raw: Record<string, string> = {}) => configWith({ clusterName: "lab", ...raw });
const config = labWith();

describe("what a cluster stands on", () => {
  const same = (raw: Record<string, string>) =>
    immutableInputs(labWith(raw)).machines === immutableInputs(config).machines;

  it.each([
    { networkCidr: "192.168.223.0/24" },
    { network: "lab" },
    { masterAddress: "192.168.222.11" },
    { nodeDomain: "lan" },
    { masterDataDiskGiB: "20" },
    { storagePool: "default" },
    { storagePoolPath: "/srv/nodeforge" },
    { sshUser: "ops" },
    { sshPublicKey: `${publicKey} and another comment`, sshPrivateKeyPath: sshKeyPath },
  ] as Record<string, string>[])("is another thing with %o", (raw) => {
    expect(same(raw)).toBe(false);
  });

  it.each([
    { workers: "5" },
    { masterMemoryMiB: "4096" },
    { workerLabels: '["a=b"]' },
    { drainPolicy: "force" },
    { domainType: "kvm" },
    // Its change is told by the name itself, so that stacks of before stay what they are.
    { masterName: "boss" },
  ] as Record<string, string>[])("is the same with %o", (raw) => {
    expect(same(raw)).toBe(true);
  });

  it("is one number, which tells no key", () => {
    expect(immutableInputs(config)).toEqual({ machines: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });
});

describe("what makes a cluster another one", () => {
  const after = (keepers: Record<string, string>, dataLost: boolean) =>
    keepersOf(priorStateOf({ "randomUuid lab-id": { keepers } }), config, dataLost).losses;

  it("is each loss of its data, which stays counted", () => {
    expect([after({}, true), after({ losses: "1" }, false), after({ losses: "1" }, true)]).toEqual(["1", "1", "2"]);
  });

  it("is another name of its control plane, which is written down from then on", () => {
    const boss = labWith({ masterName: "boss" });
    const id = (keepers: Record<string, string>) => ({ "randomUuid lab-id": { result: "id", keepers } });
    const made = {
      ...id(immutableInputs(config)),
      "remoteCommand lab-master-init": {},
      "remoteCommand lab-worker-node-1-join": {},
    };
    const masterOf = (prior: PriorOutputs, of = boss) => keepersOf(priorStateOf(prior), of, false).master;
    expect(masterOf(made)).toBe("boss");
    expect(masterOf(made, config)).toBeUndefined();
    // Stopped on its way there, with both control planes known.
    const halfway = {
      ...made,
      ...id({ ...immutableInputs(config), master: "boss" }),
      "remoteCommand lab-boss-init": {},
    };
    expect([masterOf(halfway), masterOf(halfway, config)]).toEqual(["boss", "master"]);
    expect(masterOf(id(immutableInputs(config)))).toBeUndefined();
  });

  it("is nothing but what it stands on while no data was lost", () => {
    const prior = priorStateOf({ "randomUuid lab-id": { keepers: immutableInputs(config) } });
    expect(keepersOf(prior, config, false)).toEqual(immutableInputs(config));
    expect(keepersOf(new PriorState(), config, false)).toEqual(immutableInputs(config));
  });
});

describe("the identity of a control plane that was there before", () => {
  const identity = { address: "192.168.222.10", hostKey: "ssh-ed25519 KEPT" };
  const id = "01234567-89ab-4cde-8f01-23456789abcd";
  const remembered = {
    "remoteCommand lab-master-init": {},
    "localCommand lab-master-host-key": { stdout: JSON.stringify(identity) },
    "randomUuid lab-id": { result: id, keepers: { ...immutableInputs(config), losses: "1" } },
  };
  const marked = (of: string) => ({ description: `nodeforge cluster lab, ${of}, machine 0123456789ab` });
  const kept = (prior: PriorOutputs, of = config, dataLost = false) =>
    keptIdentity(priorStateOf(prior), of, keepersOf(priorStateOf(prior), of, dataLost));

  it("is kept with its data disk", () => {
    expect(kept(remembered)).toEqual(identity);
  });

  it.each(Object.keys(remembered))("is not kept without %s", (key) => {
    const rest = Object.fromEntries(Object.entries(remembered).filter(([other]) => other !== key));
    expect(kept(rest)).toBeUndefined();
  });

  it("is not kept on another data disk, in another cluster or under another name", () => {
    expect(kept(remembered, labWith({ masterDataDiskGiB: "11" }))).toBeUndefined();
    expect(kept(remembered, labWith({ sshUser: "ops" }))).toBeUndefined();
    expect(kept(remembered, labWith({ masterName: "boss" }))).toBeUndefined();
    expect(kept(remembered, labWith({ clusterName: "dev" }))).toBeUndefined();
  });

  it("is kept with this cluster's machine, and not with one that an earlier cluster left", () => {
    expect(kept({ ...remembered, "domain lab-master": marked(id) })).toEqual(identity);
    expect(kept({ ...remembered, "domain lab-master": marked("f".repeat(36)) })).toBeUndefined();
    expect(kept({ ...remembered, "domain lab-master": marked(`${id}0`) })).toBeUndefined();
  });

  it("is not kept when the data disk is lost", () => {
    expect(kept(remembered, config, true)).toBeUndefined();
  });

  it("is not kept when it was never told", () => {
    const silent = { ...remembered, "localCommand lab-master-host-key": {} };
    expect(kept(silent)).toBeUndefined();
  });
});

describe("a machine", () => {
  const prior = priorStateOf({
    "domain lab-w": { description: "nodeforge cluster lab, id, machine 0123" },
    "domain lab-x": {},
  });

  it("is replaced when it is there and carries another mark", () => {
    expect(needsRollout(prior, "lab-w", "4567")).toBe(true);
    expect(needsRollout(prior, "lab-w", "123")).toBe(true);
  });

  it("is not when it carries this one, none, or is not there", () => {
    expect(needsRollout(prior, "lab-w", "0123")).toBe(false);
    expect(needsRollout(prior, "lab-x", "0123")).toBe(false);
    expect(needsRollout(prior, "lab-y", "0123")).toBe(false);
  });
});

describe("a worker", () => {
  const back = {
    "worker lab-w": {},
    "domain lab-w": { id: "new" },
    "remoteCommand lab-w-ready": { triggers: ["join", "new"] },
  };
  const prior = (changes: Record<string, Record<string, unknown> | undefined>) =>
    priorStateOf(
      Object.fromEntries(Object.entries({ ...back, ...changes }).flatMap(([key, is]) => (is ? [[key, is]] : []))),
    );

  it.each([
    ["never became Ready", { "remoteCommand lab-w-ready": undefined }],
    ["was Ready on an earlier machine only", { "remoteCommand lab-w-ready": { triggers: ["join", "old"] } }],
    ["has lost its machine", { "domain lab-w": undefined }],
  ])("is away when it was begun and %s", (_, changes) => {
    expect(isUnavailable(prior(changes), "lab-w")).toBe(true);
  });

  it("is not when it is back, or was never begun", () => {
    expect(isUnavailable(prior({}), "lab-w")).toBe(false);
    expect(isUnavailable(prior({ "worker lab-w": undefined, "domain lab-w": undefined }), "lab-w")).toBe(false);
    expect(isUnavailable(prior({}), "lab-x")).toBe(false);
  });
});

describe("how often a step was taken", () => {
  const prior = priorStateOf({
    "remoteCommand counted": { triggers: ["uuid", "4"] },
    "remoteCommand uncounted": { triggers: ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"] },
    "remoteCommand bare": {},
  });

  it("goes on from what the stack remembers, one further when it has to be taken again", () => {
    expect([generationOf(prior, "counted", false), generationOf(prior, "counted", true)]).toEqual(["4", "5"]);
  });

  it.each(["uncounted", "bare", "unknown"])("begins with one where it is %s", (command) => {
    expect([generationOf(prior, command, false), generationOf(prior, command, true)]).toEqual(["1", "2"]);
    expect(generationOf(new PriorState(), command, false)).toBe("1");
  });
});

describe("a worker is half joined", () => {
  const half = (token?: readonly string[], join?: readonly string[]) =>
    hasUnusedToken(
      priorStateOf({
        ...(token ? { "remoteCommand dev-w-token": { triggers: token } } : {}),
        ...(join ? { "remoteCommand dev-w-join": { triggers: join } } : {}),
      }),
      "dev-w",
    );

  it("with a token that it did not join with", () => {
    expect(half(["domain", "1"])).toBe(true);
    expect(half(["domain", "2"], ["domain", "1"])).toBe(true);
    expect(half(["other", "1"], ["domain", "1"])).toBe(true);
  });

  it("and not before it has one, nor once it joined with it", () => {
    expect(half()).toBe(false);
    expect(half(["domain", "2"], ["domain", "2"])).toBe(false);
  });
});
