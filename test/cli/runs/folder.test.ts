import { basename } from "node:path";
import { expect, test } from "vitest";
import { listRuns } from "../../../cli/runs/archive.ts";
import { diagnosisFolder, isDiagnosisName, runName, startOfRun } from "../../../cli/runs/folder.ts";
import { openRun } from "../../../cli/runs/run.ts";
import { prepare } from "./recording.ts";

const time = new Date("2026-11-21T07:39:10.123Z");

test("a run is named by time and stack, and its name tells the time", () => {
  expect(runName(time, "team/lab")).toBe("2026-11-21T07-39-10Z-team-lab");
  expect(startOfRun(runName(time, "team/lab"))).toBe(Date.parse("2026-11-21T07:39:10Z"));
  expect(startOfRun("2025-99-99T10-00-00Z-dev")).toBeUndefined();
  expect(startOfRun("mine")).toBeUndefined();
});

test("a diagnosis without a run has a folder of its own, named by time and stack", () => {
  const folder = diagnosisFolder("team/lab", time);
  expect(folder).toMatch(/\/runs\/2026-11-21T07-39-10Z-team-lab-diagnose$/);
  expect(isDiagnosisName(basename(folder))).toBe(true);
  expect(isDiagnosisName(runName(time, "lab"))).toBe(false);
  expect(isDiagnosisName("my-diagnose")).toBe(false);
});

test("two runs that start in one second have folders of their own", async () => {
  const { session, root } = prepare();
  const start = { command: "up", args: [] } as const;
  const runs = await Promise.all([1, 2, 3].map(() => openRun(session, start, root)));
  expect(new Set(runs.map(({ folder }) => folder)).size).toBe(3);
  expect(await listRuns(root)).toHaveLength(3);
});
