import { expect, test } from "vitest";
import { readPlan } from "../../../cli/plan/planned.ts";
import { eventLog, recordedPlan, step } from "./recorded-plan.ts";

const volume = "libvirt:index/volume:Volume";

test("a plan joins the steps of a replacement, in any order, into one operation with both inputs", () => {
  const { resources } = readPlan(
    eventLog(
      step("delete-replaced", "worker", volume, "lab-w-root", { before: { size: 1 } }),
      step("replace", "worker", volume, "lab-w-root", { before: { size: 1 }, after: { size: 2 }, diffs: ["size"] }),
      step("create-replacement", "worker", volume, "lab-w-root", { before: { size: 1 }, after: { size: 2 } }),
      step("create", "worker", volume, "lab-x-root", { after: { size: 3 } }),
    ),
  );
  expect(resources.map(({ operation, before, after, differing }) => ({ operation, before, after, differing }))).toEqual(
    [
      { operation: "replace", before: { size: 1 }, after: { size: 2 }, differing: ["size"] },
      { operation: "create", before: {}, after: { size: 3 }, differing: [] },
    ],
  );
});

test("a plan has no steps that only read", () => {
  expect(
    readPlan(eventLog(step("refresh", "worker", volume, "a"), step("read", "worker", volume, "b"))).resources,
  ).toEqual([]);
});

test("a plan of the engine has its settings and its resources", () => {
  const { settings, resources } = readPlan(recordedPlan("replace-and-grow"));
  expect(settings).toMatchObject({ maxUnavailable: "1", workers: "3", masterMemoryMiB: "4096" });
  const machines = resources.filter(({ type }) => type === "libvirt:index/domain:Domain");
  expect(machines.map(({ operation, name }) => `${operation} ${name}`).sort()).toEqual([
    "create lab-worker-node-3",
    "replace lab-master",
    "replace lab-worker-node-1",
    "replace lab-worker-node-2",
  ]);
});

test("a log without an end is refused", () => {
  expect(() => readPlan(recordedPlan("shrink").replace(/^.*"summaryEvent".*$/m, ""))).toThrow(
    "the engine's log of the plan has no end, so its steps are unknown. Fix: run the command again",
  );
});
