import { describe, expect, test } from "vitest";
import { keptNetworkMark, keptVolumeName } from "../../lifecycle/kept-names.ts";
import { networkMark } from "../../names.ts";
import { priorStateOf } from "../support/prior-state.ts";

const id = "0123abcd-1111-2222-3333-444444444444";

describe("the name of a volume without a cluster id", () => {
  const kept = (name: unknown) =>
    keptVolumeName(priorStateOf({ "volume lab-base-0123456789ab": { name } }), "lab-base-0123456789ab", "qcow2");

  test("is kept when an earlier release gave it", () => {
    expect(kept("lab-base-0123456789ab.qcow2")).toBe("lab-base-0123456789ab.qcow2");
  });

  test.each(["lab-base-0123456789ab-0123abcd.qcow2", "lab-base-0123456789ab.iso", "another.qcow2", undefined])(
    "is not kept when the volume is %j",
    (name) => {
      expect(kept(name)).toBeUndefined();
    },
  );

  test("is not kept when the stack does not have the volume", () => {
    const prior = priorStateOf({ "volume lab-base-ba9876543210": { name: "lab-base-ba9876543210.qcow2" } });
    expect(keptVolumeName(prior, "lab-base-0123456789ab", "qcow2")).toBeUndefined();
  });
});

describe("the mark of a network without a cluster id", () => {
  const kept = (xml: unknown) =>
    keptNetworkMark(priorStateOf({ "network lab-network": { xml } }), "lab-network", "lab");
  const old = networkMark("lab", undefined);

  test("is kept when an earlier release gave it", () => {
    expect(kept({ xslt: `<xsl:copy>${old}</xsl:copy>` })).toBe(old);
  });

  test.each([
    ["has an id", { xslt: networkMark("lab", id) }],
    ["is of another cluster", { xslt: networkMark("lab-2", undefined) }],
    ["is missing", { xslt: "<xsl:copy/>" }],
    ["has no stylesheet", {}],
    ["has no XML", undefined],
  ])("is not kept when it %s", (_, xml) => {
    expect(kept(xml)).toBeUndefined();
  });

  test("is not kept when the stack has no such network", () => {
    expect(keptNetworkMark(priorStateOf({}), "lab-network", "lab")).toBeUndefined();
  });
});
