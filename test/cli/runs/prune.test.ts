import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { pruneRuns } from "../../../cli/runs/prune.ts";
import { writeRecord, type RunRecord } from "../../../cli/runs/record.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { processIdentity } from "../../../lib/process-identity.ts";
import { test } from "../../support/folder.ts";
import { exampleRecord } from "./example-record.ts";

let folder: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
});

const now = Date.parse("2026-11-26T12:00:00Z");

describe("pruning runs", () => {
  const run = async (name: string, changed: Partial<RunRecord> = {}) => {
    mkdirSync(join(folder, name));
    await writeRecord(join(folder, name), exampleRecord(changed));
  };
  const left = () => readdirSync(folder).sort();

  test("removes runs, diagnoses and broken records beyond the age, and no younger ones", async () => {
    await run("2026-10-01T10-00-00Z-dev");
    mkdirSync(join(folder, "2026-10-02T10-00-00Z-dev-diagnose", "nodes"), { recursive: true });
    await run("2026-10-03T10-00-00Z-dev", { formatVersion: 2 as 1 });
    await run("2026-11-25T10-00-00Z-dev");
    await run("2026-11-26T10-00-00Z-dev");
    const old = ["2026-10-01T10-00-00Z-dev", "2026-10-02T10-00-00Z-dev-diagnose", "2026-10-03T10-00-00Z-dev"];
    expect(await pruneRuns(60, folder, now)).toEqual([]);
    expect(await pruneRuns(30, folder, now)).toEqual(old);
    expect(left()).toEqual(["2026-11-25T10-00-00Z-dev", "2026-11-26T10-00-00Z-dev"]);
  });

  test("keeps the last run of each stack and a running one, whatever their age", async () => {
    await run("2025-01-01T10-00-00Z-lab", { stack: "lab", outcome: "running", process: await processIdentity() });
    await run("2025-01-02T10-00-00Z-lab", { stack: "lab", outcome: "running", process: "gone/1/1" });
    await run("2025-01-03T10-00-00Z-lab", { stack: "lab" });
    await run("2025-01-04T10-00-00Z-dev", { stack: "dev" });
    await run("2025-01-05T10-00-00Z-dev", { stack: "dev" });
    expect(await pruneRuns(1, folder, now)).toEqual(["2025-01-02T10-00-00Z-lab", "2025-01-04T10-00-00Z-dev"]);
    expect(left()).toEqual(["2025-01-01T10-00-00Z-lab", "2025-01-03T10-00-00Z-lab", "2025-01-05T10-00-00Z-dev"]);
  });

  test("keeps folders without the name of a run, and the target of a link", async () => {
    mkdirSync(join(folder, "mine"));
    mkdirSync(join(folder, "2025-99-99T10-00-00Z-dev"));
    writeFileSync(join(folder, "2025-01-01T10-00-00Z-notes"), "");
    mkdirSync(join(folder, "2025-01-01T10-00-00Z-dev"));
    writeFileSync(join(folder, "mine", "precious"), "");
    symlinkSync(join(folder, "mine"), join(folder, "2025-01-01T10-00-00Z-dev", "link"));
    symlinkSync(join(folder, "mine"), join(folder, "2025-01-01T10-00-00Z-link"));
    expect(await pruneRuns(1, folder, now)).toEqual(["2025-01-01T10-00-00Z-dev"]);
    expect(existsSync(join(folder, "mine", "precious"))).toBe(true);
    expect(left()).toEqual([
      "2025-01-01T10-00-00Z-link",
      "2025-01-01T10-00-00Z-notes",
      "2025-99-99T10-00-00Z-dev",
      "mine",
    ]);
  });

  test("removes nothing from a checkout without runs", async () => {
    expect(await pruneRuns(1, join(folder, "absent"), now)).toEqual([]);
  });
});

test("the documents describe the command", () => {
  for (const document of ["operations.md", "run-record.md"]) {
    expect(readFileSync(inCheckout("docs", document), "utf8"), document).toContain("npm run runs -- prune");
  }
});
