import { expect, test } from "vitest";
import { describeLosses, plannedLosses } from "../../../cli/consent/planned-losses.ts";
import { urn } from "../../support/urn.ts";

const summary = { summaryEvent: { resourceChanges: {} } };

/** Event log of a preview with these steps. */
function log(...steps: readonly (readonly [op: string, type: string, name: string, inputs?: object])[]): string {
  const events = steps.map(([op, type, name, inputs]) => ({
    resourcePreEvent: {
      metadata: { op, type, urn: urn(type, name), old: inputs ? { inputs } : null },
    },
  }));
  return [...events, summary].map((event) => `${JSON.stringify(event)}\n`).join("");
}

const domain = "libvirt:index/domain:Domain";
const step = "command:remote:Command";

test.each(["same", "create", "update", "read", "refresh", "import", "discard"])("a step %s is no loss", (op) => {
  expect(plannedLosses(log([op, domain, "lab-w"], [op, step, "lab-w-token", { delete: "leave" }]))).toEqual([]);
});

test.each([
  ["libvirt:index/domain:Domain", "machine"],
  ["libvirt:index/volume:Volume", "volume"],
  ["libvirt:index/network:Network", "network"],
  ["libvirt:index/pool:Pool", "storage pool"],
  ["kubernetes:apps/v1:DaemonSet", "Kubernetes DaemonSet"],
  ["random:index/randomUuid:RandomUuid", "identity of the cluster"],
  ["other:index:Thing", "other:index:Thing"],
])("the deletion or replacement of a %s is a loss", (type, kind) => {
  expect(plannedLosses(log(["delete", type, "a"]))).toEqual([{ verb: "delete", kind, name: "a" }]);
  const replacement = log(["create-replacement", type, "a"], ["replace", type, "a"], ["delete-replaced", type, "a"]);
  expect(plannedLosses(replacement)).toEqual([{ verb: "replace", kind, name: "a" }]);
  const deletedFirst = log(["delete-replaced", type, "a"], ["replace", type, "a"], ["create-replacement", type, "a"]);
  expect(plannedLosses(deletedFirst)).toEqual([{ verb: "replace", kind, name: "a" }]);
});

test("a command that runs again is no loss, and a command that runs its delete command is a loss", () => {
  const steps = log(
    ["replace", step, "lab-ready", { create: "wait" }],
    ["delete", step, "lab-w-join", { create: "join" }],
    ["replace", step, "lab-w-token", { create: "mint", delete: "leave" }],
    ["delete", "command:local:Command", "lab-w-host-key", { create: "read", delete: "shut down" }],
  );
  expect(describeLosses(plannedLosses(steps))).toBe(
    "  replace  membership of a worker lab-w-token\n  delete   step with an undo lab-w-host-key",
  );
});

test("components and providers are no losses", () => {
  const steps = log(
    ["delete", "nodeforge:index:Worker", "lab-w"],
    ["replace", "pulumi:providers:libvirt", "hypervisor"],
  );
  expect(plannedLosses(steps)).toEqual([]);
});

test("a step of a later engine counts as a deletion", () => {
  expect(plannedLosses(log(["shred", domain, "lab-w"]))).toEqual([{ verb: "delete", kind: "machine", name: "lab-w" }]);
});

test("a log without an end is refused", () => {
  const cut = log(["create", domain, "lab-w"]).split("\n").slice(0, -2).join("\n");
  expect(() => plannedLosses(cut)).toThrow("has no end");
  expect(() => plannedLosses("")).toThrow("has no end");
});
