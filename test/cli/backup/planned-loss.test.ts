import { describe, expect, test } from "vitest";
import { PlannedLoss } from "../../../cli/backup/planned-loss.ts";
import type { EngineEvent } from "../../../cli/engine-events/engine-event.ts";

const domain = "libvirt:index/domain:Domain";
const volume = "libvirt:index/volume:Volume";
const master = "nodeforge:index:Cluster$nodeforge:index:Master";
const worker = "nodeforge:index:Cluster$nodeforge:index:WorkerPool$nodeforge:index:Worker";
const step = (op: string, parents: string, type: string, name: string, isPlanned = true): EngineEvent => ({
  is: "begun",
  step: { op, urn: `urn:pulumi:lab::nodeforge::${parents}$${type}::${name}`, type, parent: "", isPlanned },
});
const end = (isPreview: boolean): EngineEvent => ({ is: "summary", isPreview, changes: {} });

/** Loss of a complete plan with these steps. */
function lossOf(...steps: readonly EngineEvent[]) {
  const plan = new PlannedLoss();
  [...steps, end(true)].forEach(plan.take);
  return plan.loss;
}

describe("a plan loses the control plane's", () => {
  test.each(["delete", "delete-replaced", "replace", "create-replacement", "import-replacement"])(
    "machine and data by the step %s",
    (op) => {
      expect(lossOf(step(op, master, domain, "lab-master"))).toBe("machine");
      expect(lossOf(step(op, master, volume, "lab-master-data"))).toBe("data");
    },
  );

  test("data, whatever the order of the steps", () => {
    const steps = [step("replace", master, domain, "lab-master"), step("delete", master, volume, "lab-master-data")];
    expect([lossOf(...steps), lossOf(...steps.toReversed())]).toEqual(["data", "data"]);
  });

  test("machine in a state of an earlier release", () => {
    const parents = `${master}$nodeforge:index:VirtualMachine`;
    expect(lossOf(step("delete-replaced", parents, domain, "lab-master"))).toBe("machine");
  });
});

describe("a plan loses no control plane", () => {
  test.each(["same", "create", "update", "read", "refresh", "import", "remove-pending-replace"])(
    "by the step %s",
    (op) => {
      expect(
        lossOf(step(op, master, domain, "lab-master"), step(op, master, volume, "lab-master-data")),
      ).toBeUndefined();
    },
  );

  test("where it replaces another resource", () => {
    expect(
      lossOf(
        step("replace", worker, domain, "lab-worker-node-1"),
        // The name of a worker may end as the data disk does.
        step("replace", worker, volume, "lab-worker-node-1-data"),
        step("delete", master, volume, "lab-master-root"),
        step("replace", master, "command:remote:Command", "lab-master-init"),
      ),
    ).toBeUndefined();
  });

  test("where it has no step", () => expect(lossOf()).toBeUndefined());

  test("by a step of the update, or by the end of a step", () => {
    const ended: EngineEvent = { ...step("delete", master, domain, "lab-master"), is: "ended" } as EngineEvent;
    expect(lossOf(step("delete", master, domain, "lab-master", false), ended)).toBeUndefined();
  });
});

test("a plan without an end is unknown, and loses what its steps say", () => {
  const plan = new PlannedLoss();
  plan.take(undefined);
  plan.take(end(false));
  expect(plan.loss).toBe("unknown");
  plan.take(step("replace", master, domain, "lab-master"));
  expect(plan.loss).toBe("machine");
});

test("a plan takes lines of the engine, and refuses a line that is no event", () => {
  const plan = new PlannedLoss();
  plan.takeLine(JSON.stringify({ laterEvent: {} }));
  const metadata = { op: "replace", urn: `urn:pulumi:lab::nodeforge::${master}$${domain}::lab-master`, type: domain };
  plan.takeLine(JSON.stringify({ resourcePreEvent: { metadata, planning: true } }));
  expect(plan.loss).toBe("machine");
  expect(() => plan.takeLine("Updating (lab):")).toThrow("not valid JSON");
});
