import { describe, expect, it } from "vitest";
import {
  createdDataDiskGiB,
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

describe("immutableInputs", () => {
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
  ] as Record<string, string>[])("has another digest with %o", (raw) => {
    expect(same(raw)).toBe(false);
  });

  it.each([
    { workers: "5" },
    { masterMemoryMiB: "4096" },
    { workerLabels: '["a=b"]' },
    { drainPolicy: "force" },
    { domainType: "kvm" },
    // A keeper of its own has the name, so that the digest of older stacks does not change.
    { masterName: "boss" },
  ] as Record<string, string>[])("has the same digest with %o", (raw) => {
    expect(same(raw)).toBe(true);
  });

  it("has the digest of another size of the data disk where it is given", () => {
    expect(immutableInputs(labWith({ masterDataDiskGiB: "20" }), 10)).toEqual(immutableInputs(config));
    expect(immutableInputs(config, 20)).toEqual(immutableInputs(labWith({ masterDataDiskGiB: "20" })));
  });

  it("is one digest, which reveals no key", () => {
    expect(immutableInputs(config)).toEqual({ machines: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });
});

describe("keepersOf", () => {
  const after = (keepers: Record<string, string>, dataLost: boolean) =>
    keepersOf(priorStateOf({ "randomUuid lab-id": { keepers } }), config, dataLost).losses;

  it("counts each loss of the data", () => {
    expect([after({}, true), after({ losses: "1" }, false), after({ losses: "1" }, true)]).toEqual(["1", "1", "2"]);
  });

  it("has the name of the control plane after its first change", () => {
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
    // After an interrupted change the state has both control planes.
    const halfway = {
      ...made,
      ...id({ ...immutableInputs(config), master: "boss" }),
      "remoteCommand lab-boss-init": {},
    };
    expect([masterOf(halfway), masterOf(halfway, config)]).toEqual(["boss", "master"]);
    expect(masterOf(id(immutableInputs(config)))).toBeUndefined();
  });

  it("has only the immutable inputs before any loss of data", () => {
    const prior = priorStateOf({ "randomUuid lab-id": { keepers: immutableInputs(config) } });
    expect(keepersOf(prior, config, false)).toEqual(immutableInputs(config));
    expect(keepersOf(new PriorState(), config, false)).toEqual(immutableInputs(config));
  });
});

describe("the size with which the data disk was created", () => {
  const created = (raw: Record<string, string>, keepers: Record<string, string>, sizeGiB?: number) =>
    createdDataDiskGiB(
      priorStateOf({
        "randomUuid lab-id": { keepers },
        "remoteCommand lab-master-init": {},
        ...(sizeGiB === undefined ? {} : { "volume lab-master-data": { size: sizeGiB * 2 ** 30 } }),
      }),
      labWith(raw),
    );
  const keepers = immutableInputs(config);

  it.each<[string, Record<string, string>, number | undefined]>([
    ["the same size", {}, 10],
    ["a larger size", { masterDataDiskGiB: "12" }, 10],
    ["a larger size, after a refresh", { masterDataDiskGiB: "12" }, 12],
    ["a smaller size", { masterDataDiskGiB: "8" }, 10],
    ["a smaller size, after a refresh of a disk that has grown", { masterDataDiskGiB: "8" }, 12],
    ["a size between, after a refresh of a disk that grew by hand", { masterDataDiskGiB: "12" }, 15],
    ["the same size, where the state has lost the disk", {}, undefined],
  ])("is found for %s", (_, raw, sizeGiB) => {
    expect(created(raw, keepers, sizeGiB)).toBe(10);
  });

  it("is unknown for other inputs, without a digest, and for a smaller size where the state has lost the disk", () => {
    expect(created({ sshUser: "ops", masterDataDiskGiB: "12" }, keepers, 10)).toBeUndefined();
    expect(created({}, {}, 10)).toBeUndefined();
    expect(created({ masterDataDiskGiB: "8" }, keepers)).toBeUndefined();
  });

  it("stays in the keepers of a cluster whose disk grows, and another cluster gets the desired size", () => {
    const prior = priorStateOf({
      "randomUuid lab-id": { result: "id", keepers },
      "remoteCommand lab-master-init": {},
      "volume lab-master-data": { size: 10 * 2 ** 30 },
    });
    const grown = labWith({ masterDataDiskGiB: "12" });
    expect(keepersOf(prior, grown, false)).toEqual(keepers);
    expect(keepersOf(prior, grown, true).machines).toBe(immutableInputs(grown).machines);
    const renamed = labWith({ masterDataDiskGiB: "12", masterName: "boss" });
    expect(keepersOf(prior, renamed, false).machines).toBe(immutableInputs(grown).machines);
  });
});

describe("the identity of an earlier machine of the control plane", () => {
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

  it("is kept with the data disk", () => {
    expect(kept(remembered)).toEqual(identity);
  });

  it.each(Object.keys(remembered))("is not kept without %s", (key) => {
    const rest = Object.fromEntries(Object.entries(remembered).filter(([other]) => other !== key));
    expect(kept(rest)).toBeUndefined();
  });

  it("is kept on a data disk that grows", () => {
    expect(kept(remembered, labWith({ masterDataDiskGiB: "11" }))).toEqual(identity);
  });

  it("is not kept in another cluster or under another name", () => {
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

  it("is not kept when the state does not have it", () => {
    const silent = { ...remembered, "localCommand lab-master-host-key": {} };
    expect(kept(silent)).toBeUndefined();
  });
});

describe("needsRollout", () => {
  const prior = priorStateOf({
    "domain lab-w": { description: "nodeforge cluster lab, id, machine 0123" },
    "volume lab-w-root": {},
    "domain lab-x": {},
    "domain lab-z": { description: "nodeforge cluster lab, id, machine 0123" },
  });

  it("is true for a machine whose root disk is missing", () => {
    expect(needsRollout(prior, "lab-z", "0123")).toBe(true);
  });

  it("is true for a machine with another signature", () => {
    expect(needsRollout(prior, "lab-w", "4567")).toBe(true);
    expect(needsRollout(prior, "lab-w", "123")).toBe(true);
  });

  it("is false for a machine with this signature or none, and without a machine", () => {
    expect(needsRollout(prior, "lab-w", "0123")).toBe(false);
    expect(needsRollout(prior, "lab-x", "0123")).toBe(false);
    expect(needsRollout(prior, "lab-y", "0123")).toBe(false);
  });
});

describe("isUnavailable", () => {
  const ready = {
    "worker lab-w": {},
    "domain lab-w": { id: "new" },
    "remoteCommand lab-w-ready": { triggers: ["join", "new"] },
  };
  const prior = (changes: Record<string, Record<string, unknown> | undefined>) =>
    priorStateOf(
      Object.fromEntries(Object.entries({ ...ready, ...changes }).flatMap(([key, is]) => (is ? [[key, is]] : []))),
    );

  it.each([
    ["was never Ready", { "remoteCommand lab-w-ready": undefined }],
    ["was Ready on an earlier machine only", { "remoteCommand lab-w-ready": { triggers: ["join", "old"] } }],
    ["has lost its machine", { "domain lab-w": undefined }],
  ])("is true for a worker that %s", (_, changes) => {
    expect(isUnavailable(prior(changes), "lab-w")).toBe(true);
  });

  it("is false for a worker that is Ready, and for one that is not in the state", () => {
    expect(isUnavailable(prior({}), "lab-w")).toBe(false);
    expect(isUnavailable(prior({ "worker lab-w": undefined, "domain lab-w": undefined }), "lab-w")).toBe(false);
    expect(isUnavailable(prior({}), "lab-x")).toBe(false);
  });
});

describe("generationOf", () => {
  const prior = priorStateOf({
    "remoteCommand counted": { triggers: ["uuid", "4"] },
    "remoteCommand uncounted": { triggers: ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"] },
    "remoteCommand bare": {},
  });

  it("returns the count of the prior state, or the next one for another run", () => {
    expect([generationOf(prior, "counted", false), generationOf(prior, "counted", true)]).toEqual(["4", "5"]);
  });

  it.each(["uncounted", "bare", "unknown"])("starts with 1 for a command that is %s", (command) => {
    expect([generationOf(prior, command, false), generationOf(prior, command, true)]).toEqual(["1", "2"]);
    expect(generationOf(new PriorState(), command, false)).toBe("1");
  });
});

describe("hasUnusedToken", () => {
  const isUnused = (token?: readonly string[], join?: readonly string[]) =>
    hasUnusedToken(
      priorStateOf({
        ...(token ? { "remoteCommand dev-w-token": { triggers: token } } : {}),
        ...(join ? { "remoteCommand dev-w-join": { triggers: join } } : {}),
      }),
      "dev-w",
    );

  it("is true for a token without a join", () => {
    expect(isUnused(["domain", "1"])).toBe(true);
    expect(isUnused(["domain", "2"], ["domain", "1"])).toBe(true);
    expect(isUnused(["other", "1"], ["domain", "1"])).toBe(true);
  });

  it("is false without a token, and after the join", () => {
    expect(isUnused()).toBe(false);
    expect(isUnused(["domain", "2"], ["domain", "2"])).toBe(false);
  });
});
