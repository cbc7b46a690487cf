import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { OwnNames } from "../../components/own-names.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { networkMark } from "../../names.ts";
import { promiseOf, startMocks } from "../support/mocks.ts";

beforeEach(() => startMocks());

const id = "0123abcd-1111-2222-3333-444444444444";
const resource = "dev-base-0123456789ab";
const old = `${resource}.qcow2`;

function namesOf(...resources: readonly (readonly [type: string, name: string, outputs: Record<string, unknown>])[]) {
  const entries = resources.map(([type, name, outputs], index) => [`urn:${index}`, { type, name, outputs }] as const);
  return new OwnNames("dev", pulumi.output(id), new PriorState(new Map(entries)));
}

const volume = (name: string) => ["libvirt:index/volume:Volume", resource, { name }] as const;
const network = (mark: string) => [
  ["nodeforge:index:Network", "dev-network", {}] as const,
  ["libvirt:index/network:Network", "dev-network", { xml: { xslt: `<metadata>${mark}</metadata>` } }] as const,
];

describe("a volume that has its content in its name", () => {
  test.each([
    ["is new gets the id", namesOf(), `${resource}-0123abcd.qcow2`],
    ["has the id keeps it", namesOf(volume(`${resource}-0123abcd.qcow2`)), `${resource}-0123abcd.qcow2`],
    [
      "has the id of an earlier cluster gets the new id",
      namesOf(volume(`${resource}-4567abcd.qcow2`)),
      `${resource}-0123abcd.qcow2`,
    ],
    ["has no id keeps its name", namesOf(volume(old)), old],
  ])("that %s", async (_, names, expected) => {
    expect(await promiseOf(names.volume(resource, "qcow2"))).toBe(expected);
  });
});

describe("a network", () => {
  test.each([
    ["that is new gets the id in its mark", namesOf(), id],
    ["that has the id keeps it", namesOf(...network(networkMark("dev", id))), id],
    ["that has a mark without an id keeps it", namesOf(...network(networkMark("dev", undefined))), undefined],
    ["that has another cluster's mark gets its own", namesOf(...network(networkMark("other", undefined))), id],
  ])("%s", async (_, names, expected) => {
    expect(await promiseOf(names.networkMark("dev-network"))).toBe(networkMark("dev", expected));
  });
});
