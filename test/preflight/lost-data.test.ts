import { describe, expect, it } from "vitest";
import { isDataLost } from "../../preflight/lost-data.ts";
import { immutableInputs } from "../../lifecycle/prior-cluster.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { configWith } from "../support/settings.ts";

const id = { result: "01234567-89ab-4cde-8f01-23456789abcd", keepers: immutableInputs(configWith()) };
const forgotten = { "remoteCommand dev-master-init": {}, "randomUuid dev-id": id };
const remembered = { ...forgotten, "volume dev-master-data": { pool: "nodeforge-dev" } };
const volume = "dev-master-data-01234567.qcow2";
const given = { masterDataProtected: "false" };

interface Pools {
  readonly pool?: string;
  readonly isOff?: boolean;
  /** What libvirt has without looking into the pool. */
  readonly cached?: readonly string[];
}

/** Looks for the disk where libvirt has these volumes in a pool. */
async function look(known: PriorOutputs, volumes: string[], raw = {}, pools: Pools = {}) {
  const { pool = "nodeforge-dev", isOff = false, cached = volumes } = pools;
  const calls: string[] = [];
  const virsh = (...args: readonly string[]) => {
    calls.push(args.join(" "));
    const list = volumes.map((name) => ` ${name}   /pools/${pool}/${name}\n`).join("");
    const isInPool = args[2] === pool && !isOff && cached.includes(args[3] ?? "");
    if (args[0] === "vol-path") return isInPool ? Promise.resolve("/path\n") : Promise.reject(new Error("no volume"));
    if (args[0] === "pool-list") return Promise.resolve(args.includes("--inactive") === isOff ? `${pool}\n` : "\n");
    return Promise.resolve(args[0] === "vol-list" ? list : "");
  };
  const outcome = await isDataLost(configWith(raw), priorStateOf(known), virsh).catch((error: Error) => error.message);
  return { outcome, calls };
}

const first = `vol-path --pool nodeforge-dev ${volume}`;
const thorough = [
  ...["pool-list --inactive --name", "pool-list --name"],
  ...["pool-refresh nodeforge-dev", "vol-list --pool nodeforge-dev"],
];
const gone = new RegExp(`^Nothing was changed: .* is gone, volume ${volume} of pool nodeforge-dev\\.\n`);

describe("the disk with the control plane's data", () => {
  it.each([
    ["the stack", forgotten],
    ["libvirt", remembered],
  ])("is refused to be replaced when %s does not have it, with what it is and what to do", async (_, known) => {
    const { outcome, calls } = await look(known, ["theirs.qcow2"]);
    expect(outcome).toMatch(gone);
    expect(outcome).toContain("do not stop it");
    expect(outcome).toContain("virsh -c qemu:///system vol-list --pool nodeforge-dev\n");
    expect(outcome).toMatch(/masterDataProtected to false.*`npm run destroy` comes first\.$/s);
    expect(calls).toEqual([first, ...thorough]);
  });

  it("is lost also when the pool is not there, or another cluster's disk is", async () => {
    expect((await look(forgotten, [volume], {}, { pool: "another" })).outcome).toMatch(gone);
    expect((await look(forgotten, [volume.replace("0", "f")])).outcome).toMatch(gone);
  });

  it.each([forgotten, remembered])("may be given up: %o", async (known) => {
    expect((await look(known, [], given)).outcome).toBe(true);
  });

  it.each([{}, given])("costs one call while it is there, and is not lost: %o", async (raw) => {
    expect(await look(remembered, [volume], raw)).toEqual({ outcome: false, calls: [first] });
    expect(await look(forgotten, [volume], raw)).toEqual({ outcome: false, calls: [first] });
  });

  it.each([{}, given])("is not lost when libvirt finds it only by looking anew: %o", async (raw) => {
    const { outcome, calls } = await look(remembered, [volume], raw, { cached: [] });
    expect([outcome, calls]).toEqual([false, [first, ...thorough]]);
  });

  it("is looked for in the pool it was made in", async () => {
    expect((await look(remembered, [volume], { ...given, storagePool: "new" })).outcome).toBe(false);
  });

  it.each([{ networkCidr: "192.168.223.0/24" }, { masterName: "boss" }])(
    "that is back must not meet settings of another cluster, from which nothing protects it: %o",
    async (raw) => {
      const { outcome } = await look(forgotten, [volume], raw);
      expect(outcome).toMatch(
        /^Nothing was changed: the stack lost sight of .*Run once with the settings of before\.$/s,
      );
      expect((await look(forgotten, [], raw)).outcome).toMatch(gone);
      expect((await look(forgotten, [volume], { ...raw, ...given })).outcome).toBe(false);
      // The engine itself keeps what the state has.
      expect((await look(remembered, [volume], raw)).outcome).toBe(false);
    },
  );

  const earlier = { description: `nodeforge cluster dev, ${"f".repeat(36)}, machine 0123456789ab` };
  it.each([
    ["no control plane was made yet", { "randomUuid dev-id": id }],
    ["an earlier cluster's was left by a run that was stopped", { ...forgotten, "domain dev-master": earlier }],
    ["there is no cluster", {}],
  ])("is not looked for when %s", async (_, known) => {
    expect(await look(known, [])).toEqual({ outcome: false, calls: [] });
  });

  it("is not taken for lost when its pool is off", async () => {
    const off = { isOff: true };
    const message = /^Nothing was changed: .* cannot be looked for\.\n {2}the storage pool nodeforge-dev is off: virsh/;
    expect((await look(forgotten, [volume], given, off)).outcome).toMatch(message);
    expect((await look(remembered, [volume], given, off)).outcome).toBe(false);
  });

  it("is not taken for lost when libvirt cannot be asked", async () => {
    const virsh = () => Promise.reject(new Error("no answer"));
    for (const raw of [{}, given]) {
      await expect(isDataLost(configWith(raw), priorStateOf(forgotten), virsh)).rejects.toThrow(
        `Nothing was changed: the disk ${volume} cannot be looked for.\n  no answer`,
      );
      expect(await isDataLost(configWith(raw), priorStateOf(remembered), virsh)).toBe(false);
    }
  });
});
