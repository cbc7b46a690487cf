import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refuseConflicts } from "../../../preflight/refusal.ts";
import type { Virsh } from "../../../libvirt/virsh.ts";
import { PriorState } from "../../../lifecycle/prior-state.ts";
import { concernsCluster, concernsResource, explainingFailure } from "../../../cli/diagnose/after-failure.ts";
import type { DiagnosedSession } from "../../../cli/diagnose/collect.ts";
import { configWith } from "../../support/settings.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { urn } from "../../support/urn.ts";

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
  capture: (args) => Promise.resolve(args.includes("history") ? "[]" : "{}"),
};
const record = (log: string) => () => ({ folder, log });

describe("work that changes a cluster", () => {
  it("is explained when it fails, and its exit code stays", async () => {
    const log = "error: the stack is currently locked by 1 lock(s).\n";
    expect(await explainingFailure(session, () => Promise.resolve(255), record(log))).toBe(255);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toContain("Most likely: Another run is changing this stack");
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

/** What Pulumi prints of a program or a resource that failed. */
const diagnosed = (resource: string, error: string) =>
  `Diagnostics:\n  ${resource}:\n    error: ${error.replaceAll("\n", "\n    ")}\n\n` +
  "  pulumi:pulumi:Stack (nodeforge-lab):\n    error: preview failed\n\n";
const ofProgram = (error: string) => diagnosed("pulumi:pulumi:Stack (nodeforge-lab)", error);
const joining = "command:remote:Command (lab-worker-node-1-join)";
const volume = "libvirt:index/volume:Volume (lab-master-data)";
const data = urn("nodeforge:index:Cluster$libvirt:index/volume:Volume", "lab-master-data");
const unprotect = "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program";
// The engine's words: step_generator.go and step.go of pulumi/pkg 3.250; test/engine hears them from it.
const replaced = `unable to replace resource "${data}"\nas it is currently marked for protection. ${unprotect}`;
const deleted = `resource "${data}" cannot be deleted\nbecause it is protected. ${unprotect}`;

/** What a work throws says. @throws when it does not throw. */
async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("a change that was refused", () => {
  const concerns = (log: string) => concernsCluster(session, log, 0);

  it.each<[string, RegExp, Virsh]>([
    [
      "names that libvirt has",
      /domain dev-master exists/,
      (...args) => Promise.resolve(args.join(" ") === "list --all --name" ? "dev-master\n" : ""),
    ],
    ["a libvirt that does not answer", /cannot be listed/, () => Promise.reject(new Error("failed to connect"))],
  ])("because of %s is no failure of the cluster", async (_, said, virsh) => {
    const refusal = await refusalOf(() => refuseConflicts(configWith(), new PriorState(), { virsh }));
    expect(refusal).toMatch(said);
    expect(await concerns(ofProgram(refusal))).toBe(false);
  });

  it("because of its configuration is none", async () => {
    const refusal = await refusalOf(() => configWith({ workers: "-1" }));
    expect(refusal).toContain("nodeforge:workers");
    expect(await concerns(ofProgram(refusal))).toBe(false);
  });

  it.each([
    ["an image that cannot be had", "config/index.ts", /`(Nothing was created: )\$\{/],
    ["a data disk that is gone", "preflight/lost-data.ts", /`(Nothing was changed: )/],
  ])("because of %s is none", async (_, file, pattern) => {
    const [, refusal = ""] = pattern.exec(readFileSync(file, "utf8")) ?? [];
    expect(refusal).not.toBe("");
    expect(await concerns(ofProgram(`${refusal}of the program`))).toBe(false);
  });

  it.each([
    ["replaced", replaced],
    ["deleted", deleted],
  ])("because what is protected would be %s is none", async (_, error) => {
    expect(await concerns(diagnosed(volume, error))).toBe(false);
  });

  it.each([
    [
      "another failure beside it",
      diagnosed(volume, replaced) + diagnosed(joining, "exit status 1").replace(/^.*\n/, ""),
    ],
    [
      "words alike from a node",
      diagnosed("command:remote:Command (lab-master-init)", "nothing was created: exit status 1"),
    ],
    [
      "a resource that could not be replaced otherwise",
      diagnosed(volume, `unable to replace resource "${data}": no space left`),
    ],
    ["words alike of a resource", diagnosed(volume, "unknown flag: --x\n--yes must be passed in to proceed")],
    ["no error of a resource", "error: the stack is currently locked by 1 lock(s).\n"],
  ])("is told from a failure: %s", async (_, log) => {
    expect(await concerns(log)).toBe(true);
  });
});

// The words of Pulumi 3.250.
const usageErrors = [
  "error: --yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode\n",
  "error: unknown flag: --bogus\n",
  "error: unknown shorthand flag: 'q' in -q\n",
];

it.each(usageErrors)("%s is no failure of the cluster", async (log) => {
  expect(await concernsCluster(session, log, 0)).toBe(false);
});

describe("a destroy is explained", () => {
  const began = Date.parse("2026-11-21T07:39:10.000Z");
  const history = '[{"kind":"destroy","startTime":"2026-11-21T07:39:12.000Z","result":"failed"}]';
  const concerns = (log: string) =>
    concernsResource({ ...session, capture: () => Promise.resolve(history) }, log, began);

  it("when a resource failed", async () => {
    expect(await concerns(diagnosed(joining, "exit status 1"))).toBe(true);
  });

  it.each([
    ...usageErrors,
    "error: the stack is currently locked by 1 lock(s).\n",
    diagnosed(volume, deleted),
    "\n",
    "",
  ])("but not after %j", async (log) => {
    expect(await concerns(log)).toBe(false);
  });

  it("by the same rule where the command runs", async () => {
    const work = () => Promise.resolve(255);
    await explainingFailure(
      session,
      work,
      record("error: the stack is currently locked by 1 lock(s).\n"),
      concernsResource,
    );
    expect(printed).toEqual([]);
  });
});

describe("without a log, a failed run concerns the cluster", () => {
  const began = Date.parse("2026-11-21T07:39:10.000Z");
  const after = (history: string, log = "") =>
    concernsCluster({ ...session, capture: () => Promise.resolve(history) }, log, began);

  it.each(["", "\n"])("when Pulumi began to change something: %j", async (log) => {
    expect(await after('[{"kind":"update","startTime":"2026-11-21T07:39:12.000Z","result":"failed"}]', log)).toBe(true);
  });

  it.each([
    '[{"kind":"update","startTime":"2026-11-20T07:39:12.000Z","result":"failed"}]',
    "[]",
    "Stack has never been updated",
  ])("but not when its history ends with %j", async (history) => {
    expect([await after(history), await after(history, "\n")]).toEqual([false, false]);
  });
});
