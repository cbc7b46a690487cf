import { describe, expect, it } from "vitest";
import { NodeTable } from "../../../cli/progress/node-table.ts";
import { workerStep } from "./events.ts";

const { urn } = workerStep("create", 1);
const added = {
  name: "worker-node-1",
  isControlPlane: false,
  status: "waits",
  phase: "",
  since: 5,
  begun: undefined,
  ended: undefined,
  message: "",
};

/** A table of the cluster `lab` with one worker, added at 5. */
function tableOfOne(): NodeTable {
  const nodes = new NodeTable();
  nodes.nameCluster("lab");
  nodes.add(urn, "waits", 5);
  return nodes;
}

describe("the table of nodes", () => {
  it("has each node once, by its name without the cluster's", () => {
    const nodes = tableOfOne();
    nodes.add(urn, "unchanged", 9);
    expect(nodes.views).toEqual([added]);
    expect([nodes.nameOf(urn), nodes.nameOf("urn:pulumi:a::b::c::d")]).toEqual(["worker-node-1", "d"]);
    expect(nodes.get("urn:pulumi:a::b::c::d")).toBe(undefined);
  });

  it("has the whole name where it does not begin with the cluster's", () => {
    const nodes = new NodeTable();
    nodes.nameCluster("dev");
    nodes.add(urn, "waits", 0);
    expect(nodes.get(urn)?.name).toBe("lab-worker-node-1");
  });

  it("tells a change of the phase once, and keeps the first begin", () => {
    const nodes = tableOfOne();
    const booting = { ...added, status: "works", phase: "boot", since: 10, begun: 10 };
    expect(nodes.enter(urn, "boot", 10)).toEqual([{ is: "node", node: booting }]);
    expect(nodes.enter(urn, "boot", 11)).toEqual([]);
    nodes.change(urn, { message: "a line" });
    expect(nodes.enter(urn, "join", 20)).toEqual([
      { is: "node", node: { ...booting, phase: "join", since: 20, message: "" } },
    ]);
  });

  it("adds a node that begins a phase before its own event, and changes no other resource", () => {
    const nodes = new NodeTable();
    expect(nodes.change(urn, { status: "complete" })).toEqual([]);
    expect(nodes.views).toEqual([]);
    expect(nodes.enter(urn, "boot", 3)).toHaveLength(1);
    expect(nodes.views.map(({ status }) => status)).toEqual(["works"]);
  });

  it("keeps a node failed", () => {
    const nodes = tableOfOne();
    nodes.change(urn, { status: "failed" });
    expect(nodes.enter(urn, "boot", 10)).toEqual([]);
    expect(nodes.get(urn)?.status).toBe("failed");
  });
});
