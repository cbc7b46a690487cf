import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { concernsCluster, explainingFailure } from "../../../toolchain/diagnose/after-failure.ts";
import type { DiagnosedSession } from "../../../toolchain/diagnose/collect.ts";
import { settingsOf } from "../stack-settings.ts";

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-after-failure-"));
  printed = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void printed.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const session: DiagnosedSession = {
  stack: "lab",
  // A hypervisor that nobody has: its failure is what is explained.
  settings: () => settingsOf({ libvirtUri: "test:///nowhere" }),
  variables: {},
  ask: (args) => Promise.resolve(args.includes("history") ? "[]" : "{}"),
};
const record = (log: string) => () => ({ folder, log });

describe("work that changes a cluster", () => {
  it("is explained when it fails, and its exit code stays", async () => {
    const log = "error: the stack is currently locked by 1 lock(s).\n";
    expect(await explainingFailure(session, () => Promise.resolve(255), record(log))).toBe(255);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toContain("Most likely: Another run changes this stack now");
    expect(await readdir(folder)).toEqual(["diagnosis"]);
  });

  it("is explained when it throws, and its error stays", async () => {
    const work = () => Promise.reject(new Error("drained too long"));
    await expect(explainingFailure(session, work, record("FAILED: w could not be drained\n"))).rejects.toThrow(
      "drained too long",
    );
    expect(printed).toHaveLength(1);
  });

  it.each([
    ["succeeds", "all is well\n", () => Promise.resolve(0)],
    ["was answered with no", "confirmation declined, not proceeding with the update\n", () => Promise.resolve(1)],
    [
      "was refused",
      "error: The stack's configuration cannot be used; nothing was created.\n",
      () => Promise.resolve(255),
    ],
    ["was killed", "error: update failed\n", () => Promise.resolve(143)],
    ["was cancelled", "error: update canceled\n", () => Promise.resolve(255)],
    [
      "was interrupted",
      "error: update failed\n",
      () => {
        process.emit("SIGINT");
        return Promise.resolve(255);
      },
    ],
  ])("is not explained when it %s", async (_, log, work) => {
    const before = process.listenerCount("SIGINT");
    await explainingFailure(session, work, record(log));
    expect(printed).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});

describe("without a log, a failed run concerns the cluster", () => {
  const began = Date.parse("2026-11-21T07:39:10.000Z");
  const after = (history: string) => concernsCluster({ ...session, ask: () => Promise.resolve(history) }, "", began);

  it("when Pulumi began to change something", async () => {
    expect(await after('[{"kind":"update","startTime":"2026-11-21T07:39:12.000Z","result":"failed"}]')).toBe(true);
  });

  it.each([
    '[{"kind":"update","startTime":"2026-11-20T07:39:12.000Z","result":"failed"}]',
    "[]",
    "Stack has never been updated",
  ])("but not when its history ends with %j", async (history) => {
    expect(await after(history)).toBe(false);
  });
});
