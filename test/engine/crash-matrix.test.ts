import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { differences } from "./crash-matrix-operations.ts";
import { killAll, processesIn, survivorsIn, victimsIn } from "./crash-matrix-processes.ts";
import { CrashMatrix } from "./crash-matrix.ts";
import { TestStack } from "./stack.ts";

/** Number that decides the points. The nightly run tries every point, so each change tries the same ones. */
const { NODEFORGE_CRASH_SEED = "350702962" } = process.env;
const seed = Number(NODEFORGE_CRASH_SEED);

it("a killed operation is completed by the next command, at a sample of points", async () => {
  await using stack = await TestStack.create({}, false);
  const matrix = await CrashMatrix.observe(stack);
  const problems: string[] = [];
  for (const crash of matrix.sample(seed)) problems.push(...(await matrix.crash(crash)));
  console.log(`${matrix.table()}\nanother NODEFORGE_CRASH_SEED than ${seed} tries other points`);
  expect(problems, `seed ${seed}`).toEqual([]);
});

it("a difference between two ends is named, in both directions and for an item that is there twice", () => {
  const end = { things: ["pool", "volume"], resources: ["urn"], nodes: [] };
  expect(differences(end, { ...end, things: ["volume", "pool"] })).toEqual([]);
  const other = { things: ["pool", "pool"], resources: ["urn", "urn"], nodes: ["worker"] };
  const beside = (item: string) => `has ${item}, which an undisturbed run does not have`;
  expect(differences(end, other)).toEqual(["lacks volume", ...["pool", "urn", "worker"].map(beside)]);
});

it("the processes of a stack are found after the end of their parent, and those of another folder never", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-processes-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const env = { ...process.env, TMPDIR: join(folder, "tmp") };
  const shell = spawn("sh", ["-c", "sleep 600 & echo begun; wait"], { env, stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => killAll(processesIn(folder)));
  await once(shell.stdout, "data");
  await killAll(victimsIn(folder, "command").filter(({ pid }) => pid === shell.pid));
  await expect.poll(() => processesIn(folder).map(({ words }) => words)).toEqual([["sleep", "600"]]);
  expect(processesIn(`${folder}-2`)).toEqual([]);
  for (const victim of ["pulumi", "program", "service"] as const) expect(victimsIn(folder, victim)).toEqual([]);
  await killAll(processesIn(folder));
  expect(await survivorsIn(folder, 0)).toEqual([]);
});
