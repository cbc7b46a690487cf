import { describe, expect, it } from "vitest";
import { dataDiskChange, dataDiskLife, grownGiB } from "../../lifecycle/data-disk.ts";
import { immutableInputs, keepersOf } from "../../lifecycle/prior-cluster.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { configWith } from "../support/settings.ts";

const id = "01234567-89ab-4cde-8f01-23456789abcd";
const labWith = (raw: Record<string, string> = {}) => configWith({ clusterName: "lab", ...raw });
const sized = (sizeGiB: number) => labWith({ masterDataDiskGiB: String(sizeGiB) });
const name = "lab-master-data-01234567.qcow2";
/** A cluster that was created with 10 GiB. */
const made = {
  "randomUuid lab-id": { result: id, keepers: immutableInputs(sized(10)) },
  "remoteCommand lab-master-init": {},
  "volume lab-master-data": { name, size: 10 * 2 ** 30 },
};
const grown = (sizeGiB: number, volume = name) => ({
  ...made,
  "localCommand lab-master-data-growth": { environment: { DISK: `/pools/${volume}`, SIZE_GIB: String(sizeGiB) } },
});
const without = (key: keyof typeof made) => Object.fromEntries(Object.entries(made).filter(([other]) => other !== key));

describe("the lifecycle of a data disk", () => {
  const life = (outputs: PriorOutputs, config = sized(10), dataLost = false) => {
    const prior = priorStateOf(outputs);
    return dataDiskLife(prior, config, keepersOf(prior, config, dataLost));
  };

  it.each<[string, ReturnType<typeof life>, ReturnType<typeof life>]>([
    ["of a new cluster", life({}), { exists: false, grows: false }],
    ["of a cluster with the size of its creation", life(made), { exists: true, grows: false }],
    ["that grows", life(made, sized(12)), { exists: true, grows: true }],
    ["that has grown", life(grown(12), sized(12)), { exists: true, grows: true }],
    ["that the state has lost", life(without("volume lab-master-data"), sized(12)), { exists: false, grows: true }],
    [
      "of an earlier cluster",
      life({ ...made, "volume lab-master-data": { name: "other" } }),
      { exists: false, grows: false },
    ],
    ["of another cluster", life(made, labWith({ sshUser: "ops" })), { exists: false, grows: false }],
    ["that is lost for good", life(made, sized(12), true), { exists: false, grows: false }],
  ])("%s", (_, actual, expected) => {
    expect(actual).toEqual(expected);
  });
});

describe("the change of a data disk's size", () => {
  const change = (outputs: PriorOutputs, config: ReturnType<typeof labWith>) =>
    dataDiskChange(priorStateOf(outputs), config);

  it("begins at the size that the last run set", () => {
    expect(change(made, sized(12))).toEqual({ fromGiB: 10, toGiB: 12 });
    expect(change(grown(12), sized(13))).toEqual({ fromGiB: 12, toGiB: 13 });
    expect(change(grown(12), sized(11))).toEqual({ fromGiB: 12, toGiB: 11 });
    expect(change(made, sized(9))).toEqual({ fromGiB: 10, toGiB: 9 });
    // A disk that grew by hand has no setting that asked for its size.
    const byHand = { ...made, "volume lab-master-data": { name, size: 15 * 2 ** 30 } };
    expect(change(byHand, sized(12))).toEqual({ fromGiB: 10, toGiB: 12 });
  });

  it("does not count a growth of an earlier cluster's disk", () => {
    expect(change(grown(20, "lab-master-data-ffffffff.qcow2"), sized(12))).toEqual({ fromGiB: 10, toGiB: 12 });
  });

  it.each<[string, PriorOutputs, ReturnType<typeof labWith>]>([
    ["the same size", made, sized(10)],
    ["the same size of a disk that has grown", grown(12), sized(12)],
    ["a cluster without a disk yet", without("volume lab-master-data"), sized(12)],
    ["another cluster", made, labWith({ masterDataDiskGiB: "9", masterName: "boss" })],
    ["a new cluster", {}, sized(12)],
  ])("is none for %s", (_, outputs, config) => {
    expect(change(outputs, config)).toBeUndefined();
  });
});

describe("the size to which a run has grown a disk", () => {
  it("is in the state only after a growth", () => {
    expect(grownGiB(priorStateOf(grown(12)), "lab-master")).toBe(12);
    expect(grownGiB(priorStateOf(made), "lab-master")).toBeUndefined();
    expect(grownGiB(priorStateOf({ "localCommand lab-master-data-growth": {} }), "lab-master")).toBeUndefined();
  });
});
