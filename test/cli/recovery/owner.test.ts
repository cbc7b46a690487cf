import { describe, expect, test } from "vitest";
import {
  clusterIdsOf,
  hasClusterId,
  hasDomainMark,
  hasNetworkMark,
  isInState,
  wasInitialized,
} from "../../../cli/recovery/owner.ts";
import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { domainDescription, domainMark, networkMark } from "../../../names.ts";
import { urn } from "../../support/urn.ts";

const [id, other] = ["0123abcd-1111-2222-3333-444444444444", "99999999-1111-2222-3333-444444444444"];
const resource = (type: string, name: string, outputs: Record<string, unknown> = {}): StateResource => ({
  urn: urn(type, name),
  type,
  id: `id of ${name}`,
  outputs,
});
const uuid = (name: string, result?: string) => resource("random:index/randomUuid:RandomUuid", name, { result });
const stateOf = (...resources: readonly StateResource[]): StackState => ({
  pending: [],
  resources: [resource("nodeforge:index:Cluster", "lab"), ...resources],
});
const lab = stateOf(uuid("lab-id", id), uuid("lab-2-id", other));

describe("the ids of a stack's cluster", () => {
  test("are those under its name", () => {
    expect(clusterIdsOf(lab)).toEqual([id]);
  });

  test("are two while one is replaced", () => {
    expect(clusterIdsOf(stateOf(uuid("lab-id", id), { ...uuid("lab-id", other), delete: true }))).toEqual([id, other]);
  });

  test("are none before the first up", () => {
    expect(clusterIdsOf(stateOf())).toEqual([]);
    expect(clusterIdsOf(stateOf(uuid("lab-id", ""), uuid("lab-id")))).toEqual([]);
  });
});

describe("a mark of the stack's cluster", () => {
  test.each([
    ["lab", id, true],
    ["lab", other, false],
    ["lab-2", id, false],
  ])("with the name %s and the id %s: %s", (name, clusterId, expected) => {
    expect(hasDomainMark(lab, domainDescription(domainMark(name, clusterId), "0".repeat(12)))).toBe(expected);
    expect(hasNetworkMark(lab, `<network>${networkMark(name, clusterId)}</network>`)).toBe(expected);
  });

  test("is not in the description of another program, and nothing has it before the first up", () => {
    expect([hasDomainMark(lab, ""), hasDomainMark(lab, `copy of ${domainMark("lab", id)}`)]).toEqual([false, false]);
    expect([hasNetworkMark(lab, "<network/>"), hasNetworkMark(stateOf(), networkMark("lab", undefined))]).toEqual([
      false,
      false,
    ]);
  });
});

test.each([
  ["lab-master-data-0123abcd.qcow2", true],
  ["lab-master-data-99999999.qcow2", false],
  ["laboratory-data-0123abcd.qcow2", false],
  ["other-0123abcd.qcow2", false],
  ["lab-master-data.qcow2", false],
])("the volume %s has the name and the id of the cluster: %s", (volume, expected) => {
  expect(hasClusterId(lab, volume)).toBe(expected);
});

test("a resource is in the state by its whole id", () => {
  expect([isInState(lab, "id of lab-id"), isInState(lab, "id of lab"), isInState(lab, "id of la")]).toEqual([
    true,
    true,
    false,
  ]);
});

test("a cluster was initialized when the state has that step on a node", () => {
  const remote = "command:remote:Command";
  expect(wasInitialized(stateOf(resource(remote, "lab-master-init")))).toBe(true);
  expect(
    wasInitialized(stateOf(resource(remote, "lab-node-1-join"), resource("command:local:Command", "x-init"))),
  ).toBe(false);
});
