import { describe, expect, it } from "vitest";
import { isDataLost, verdictOn, type DataDisk } from "../../preflight/lost-data.ts";
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
  /** Volumes that libvirt lists before it refreshes the pool. */
  readonly cached?: readonly string[];
}

/** Looks for the disk on a hypervisor with these volumes in a pool. */
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
const missing = new RegExp(`^Nothing was changed: .* is missing, volume ${volume} of pool nodeforge-dev\\.\n`);

describe("the disk with the control plane's data", () => {
  it.each([
    ["the stack", forgotten],
    ["libvirt", remembered],
  ])(
    "is never replaced by a blank one when %s does not have it; the error names the disk and the fixes",
    async (_, known) => {
      const { outcome, calls } = await look(known, ["theirs.qcow2"]);
      expect(outcome).toMatch(missing);
      expect(outcome).toContain("do not stop it");
      expect(outcome).toContain("virsh -c qemu:///system vol-list --pool nodeforge-dev\n");
      expect(outcome).toMatch(/restore\nthe backup \(docs\/operations\.md, Backup and restore\)\. /);
      expect(outcome).toMatch(/masterDataProtected\nto false.*run `npm run destroy` first\.$/s);
      expect(calls).toEqual([first, ...thorough]);
    },
  );

  it("is lost when its pool is missing, or when only another cluster's disk exists", async () => {
    expect((await look(forgotten, [volume], {}, { pool: "another" })).outcome).toMatch(missing);
    expect((await look(forgotten, [volume.replace("0", "f")])).outcome).toMatch(missing);
  });

  it.each([forgotten, remembered])("may be given up, with the state %o", async (known) => {
    expect((await look(known, [], given)).outcome).toBe(true);
  });

  it.each([{}, given])("costs one call while it exists, and is not lost, with the settings %o", async (raw) => {
    expect(await look(remembered, [volume], raw)).toEqual({ outcome: false, calls: [first] });
    expect(await look(forgotten, [volume], raw)).toEqual({ outcome: false, calls: [first] });
  });

  it.each([{}, given])(
    "is not lost when libvirt finds it only after a refresh of the pool, with the settings %o",
    async (raw) => {
      const { outcome, calls } = await look(remembered, [volume], raw, { cached: [] });
      expect([outcome, calls]).toEqual([false, [first, ...thorough]]);
    },
  );

  it("is looked for in the pool of its creation", async () => {
    expect((await look(remembered, [volume], { ...given, storagePool: "new" })).outcome).toBe(false);
  });

  it.each([{ networkCidr: "192.168.223.0/24" }, { masterName: "boss" }])(
    "that is back is refused with settings of another cluster, because nothing protects it: %o",
    async (raw) => {
      const { outcome } = await look(forgotten, [volume], raw);
      expect(outcome).toMatch(
        /^Nothing was changed: the stack lost the disk .*Fix: run once with the settings of before\.$/s,
      );
      expect((await look(forgotten, [], raw)).outcome).toMatch(missing);
      expect((await look(forgotten, [volume], { ...raw, ...given })).outcome).toBe(false);
      // The engine protects a disk that the state has.
      expect((await look(remembered, [volume], raw)).outcome).toBe(false);
    },
  );

  const earlier = { description: `nodeforge cluster dev, ${"f".repeat(36)}, machine 0123456789ab` };
  it.each([
    ["no control plane was initialized yet", { "randomUuid dev-id": id }],
    ["an interrupted run left the control plane of an earlier cluster", { ...forgotten, "domain dev-master": earlier }],
    ["there is no cluster", {}],
  ])("is not looked for when %s", async (_, known) => {
    expect(await look(known, [])).toEqual({ outcome: false, calls: [] });
  });

  it("does not count as lost while its pool is inactive", async () => {
    const off = { isOff: true };
    const message =
      /^Nothing was changed: libvirt does not tell whether .* exists\.\n {2}the storage pool nodeforge-dev is not active\. Fix: virsh/;
    expect((await look(forgotten, [volume], given, off)).outcome).toMatch(message);
    expect((await look(remembered, [volume], given, off)).outcome).toBe(false);
  });

  it("does not count as lost while libvirt does not answer", async () => {
    const virsh = () => Promise.reject(new Error("no answer"));
    for (const raw of [{}, given]) {
      await expect(isDataLost(configWith(raw), priorStateOf(forgotten), virsh)).rejects.toThrow(
        `Nothing was changed: libvirt does not tell whether the disk ${volume} exists.\n  no answer`,
      );
      expect(await isDataLost(configWith(raw), priorStateOf(remembered), virsh)).toBe(false);
    }
  });
});

describe("the verdict about a data disk", () => {
  const facts = { inState: true, inLibvirt: "yes", isProtected: true, isAnother: false } satisfies DataDisk;
  const either = [true, false];
  /** Every combination of the facts that are not given. */
  const cases = (given: Partial<DataDisk>): readonly DataDisk[] =>
    either.flatMap((inState) =>
      either.flatMap((isProtected) =>
        either.map((isAnother) => ({ ...facts, inState, isProtected, isAnother, ...given })),
      ),
    );

  it.each<[ReturnType<typeof verdictOn>, Partial<DataDisk>]>([
    ["kept", { inLibvirt: "yes", inState: true }],
    ["kept", { inLibvirt: "yes", isAnother: false }],
    ["kept", { inLibvirt: "yes", isProtected: false }],
    ["kept", { inLibvirt: "unknown", inState: true }],
    ["refused: unknown", { inLibvirt: "unknown", inState: false }],
    ["refused: missing", { inLibvirt: "no", isProtected: true }],
    ["given up", { inLibvirt: "no", isProtected: false }],
    ["refused: another cluster", { inLibvirt: "yes", inState: false, isProtected: true, isAnother: true }],
  ])("is `%s` for %o, whatever the other facts are", (verdict, given) => {
    for (const disk of cases(given)) expect(verdictOn(disk), JSON.stringify(disk)).toBe(verdict);
  });
});
