import { readdirSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { listArchive } from "../../cli/runs/archive.ts";
import { listing } from "../../cli/runs/listing.ts";
import { readStored, validate } from "../cli/runs/recording.ts";
import { test } from "../support/folder.ts";
import { bareSession } from "./bare-session.ts";
import type { CaseResult } from "./junit.ts";
import { recordRun, type CaseRunner } from "./recorded-run.ts";

const chosen = ["[sig-a] A [Conformance]"];
const leftOut = [{ name: "[sig-c] C [Conformance]", reason: "needs images: agnhost" }];
const cases = { selection: { chosen, leftOut }, program: "/e2e-test", args: ["--bare", "--focus", "sig"] };

/** Runs no program, and writes its log. */
const ending =
  (outcome: CaseResult["outcome"]): CaseRunner =>
  async (log) => {
    await writeFile(log, "done\n", { mode: 0o600 });
    return { results: [{ name: chosen[0] ?? "", outcome, seconds: 1 }], xml: "<testsuites/>\n" };
  };

async function record(folder: string, runCases: CaseRunner, signal = new AbortController().signal) {
  const report = await recordRun(bareSession, cases, runCases, signal, folder).catch((error: unknown) => error);
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  const path = join(folder, names[0] ?? "");
  return { report, path, stored: readStored(path) };
}

describe("the record of a run on a cluster without a stack", () => {
  test("names no stack that Pulumi allows, no hypervisor, no image and no Pulumi", async ({ folder }) => {
    const { path, stored } = await record(folder, ending("passed"));
    expect(validate(stored), JSON.stringify(validate.errors)).toBe(true);
    expect(stored).toMatchObject({
      stack: "@bare",
      cluster: "native",
      command: "test:conformance",
      arguments: ["--bare", "--focus", "sig"],
      configuration: {},
      hypervisor: null,
      image: { location: null, sha256: null, manifest: null },
      versions: { pulumi: null, libvirt: null, qemu: null, plugins: {} },
      nodes: [],
      logs: ["conformance.log"],
    });
    expect(stored.stack).not.toMatch(/^[\w.-]+$/);
    expect(stored.versions.kubernetes).toMatch(/^\d+\.\d+\.\d+$/);
    expect(path).toMatch(/Z-@bare$/);
  });

  test("has the files of every run of the tests, which only its owner can read", async ({ folder }) => {
    const { path, stored } = await record(folder, ending("passed"));
    const names = ["conformance.json", "conformance.log", "junit.xml", "record.json", "report.html"];
    expect(readdirSync(path).sort()).toEqual(names);
    for (const name of names) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    expect(stored).toMatchObject({ outcome: "succeeded", exitCode: 0 });
    expect(await readFile(join(path, "report.html"), "utf8")).toContain("test:conformance @bare: succeeded");
  });

  test("is one of `npm run runs`", async ({ folder }) => {
    await record(folder, ending("failed"));
    const rows = listing(await listArchive(folder)).split("\n");
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatch(/Z-@bare +@bare +test:conformance +failed /);
  });

  test("says how the run failed", async ({ folder }) => {
    const { report, stored, path } = await record(folder, () => Promise.reject(new Error("the API server ended")));
    expect(report).toEqual(new Error("the API server ended"));
    expect(stored).toMatchObject({ outcome: "failed", exitCode: 1, notes: ["the API server ended"] });
    expect(readdirSync(path).sort()).toEqual(["record.json", "report.html"]);
  });

  test("says that the run was interrupted, also before the first case", async ({ folder }) => {
    const { report, stored, path } = await record(
      folder,
      () => Promise.reject(new Error("kubectl: SIGINT")),
      AbortSignal.abort(),
    );
    expect(report).toMatchObject({ isInterrupted: true, results: [{ name: chosen[0], outcome: "not run" }] });
    expect(stored).toMatchObject({ outcome: "interrupted", exitCode: 130 });
    expect(stored.notes).toEqual([expect.stringMatching(/^0 passed, 0 failed, 0 skipped, 1 unfinished, 1 left out /)]);
    expect(readdirSync(path).sort()).toEqual(["conformance.json", "junit.xml", "record.json", "report.html"]);
  });
});
