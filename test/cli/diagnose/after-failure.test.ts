import { readdir } from "node:fs/promises";
import { describe, expect, vi } from "vitest";
import { parseConfig } from "../../../config/index.ts";
import { withVerifiedImages } from "../../../preflight/images.ts";
import { isDataLost } from "../../../preflight/lost-data.ts";
import { refuseConflicts } from "../../../preflight/refusal.ts";
import { deriveTopology } from "../../../topology.ts";
import type { Virsh } from "../../../libvirt/virsh.ts";
import { immutableInputs } from "../../../lifecycle/prior-cluster.ts";
import { PriorState } from "../../../lifecycle/prior-state.ts";
import { concernsCluster, concernsResource, explainingFailure } from "../../../cli/diagnose/after-failure.ts";
import type { DiagnosedSession } from "../../../cli/diagnose/collect.ts";
import { configWith, surroundings } from "../../support/settings.ts";
import { priorStateOf } from "../../support/prior-state.ts";
import { test } from "../../support/folder.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { urn } from "../../support/urn.ts";

let folder: string;
let printed: string[];
test.beforeEach(({ folder: own }) => {
  folder = own;
  printed = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void printed.push(line));
});
test.afterEach(() => {
  vi.restoreAllMocks();
});

const session: DiagnosedSession = {
  stack: "lab",
  // A hypervisor that does not exist.
  settings: () => settingsOf({ libvirtUri: "test:///nowhere" }),
  variables: {},
  capture: (args) => Promise.resolve(args.includes("history") ? "[]" : "{}"),
};
const record = (log: string) => () => ({ folder, log });

describe("work that changes a cluster", () => {
  test("is diagnosed when it fails, and keeps its exit code", async () => {
    const log = "error: the stack is currently locked by 1 lock(s).\n";
    expect(await explainingFailure(session, () => Promise.resolve(255), record(log))).toBe(255);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toContain("Most likely: Another run is changing this stack");
    expect(await readdir(folder)).toEqual(["diagnosis"]);
  });

  test("is diagnosed when it throws, and keeps its error", async () => {
    const work = () => Promise.reject(new Error("drained too long"));
    await expect(explainingFailure(session, work, record("FAILED: w could not be drained\n"))).rejects.toThrow(
      "drained too long",
    );
    expect(printed).toHaveLength(1);
  });

  test.each([
    ["succeeds", "all is well\n", () => Promise.resolve(0)],
    ["was declined", "confirmation declined, not proceeding with the update\n", () => Promise.resolve(1)],
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
  ])("is not diagnosed when it %s", async (_, log, work) => {
    const before = process.listenerCount("SIGINT");
    await explainingFailure(session, work, record(log));
    expect(printed).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});

/** Returns Pulumi's output about a failed program or resource. */
const diagnosed = (resource: string, error: string) =>
  `Diagnostics:\n  ${resource}:\n    error: ${error.replaceAll("\n", "\n    ")}\n\n` +
  "  pulumi:pulumi:Stack (nodeforge-lab):\n    error: preview failed\n\n";
const ofProgram = (error: string) => diagnosed("pulumi:pulumi:Stack (nodeforge-lab)", error);
const joining = "command:remote:Command (lab-worker-node-1-join)";
const volume = "libvirt:index/volume:Volume (lab-master-data)";
const data = urn("nodeforge:index:Cluster$libvirt:index/volume:Volume", "lab-master-data");
const unprotect = "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program";
// Messages of the engine: step_generator.go and step.go of pulumi/pkg 3.250. test/engine gets them from the engine.
const replaced = `unable to replace resource "${data}"\nas it is currently marked for protection. ${unprotect}`;
const deleted = `resource "${data}" cannot be deleted\nbecause it is protected. ${unprotect}`;

/** Returns the message of the error that a function throws. @throws when it throws none. */
async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("a refused change", () => {
  const concerns = (log: string) => concernsCluster(session, log, 0);

  test.each<[string, RegExp, Virsh]>([
    [
      "existing names in libvirt",
      /domain dev-master exists/,
      (...args) => Promise.resolve(args.join(" ") === "list --all --name" ? "dev-master\n" : ""),
    ],
    ["a libvirt that does not answer", /cannot be listed/, () => Promise.reject(new Error("failed to connect"))],
  ])("because of %s is not a failure of the cluster", async (_, said, virsh) => {
    const refusal = await refusalOf(() =>
      refuseConflicts(configWith(), deriveTopology(configWith()), new PriorState(), { virsh }),
    );
    expect(refusal).toMatch(said);
    expect(await concerns(ofProgram(refusal))).toBe(false);
  });

  test("because of its configuration is not a failure of the cluster", async () => {
    const refusal = await refusalOf(() => configWith({ workers: "-1" }));
    expect(refusal).toContain("nodeforge:workers");
    expect(await concerns(ofProgram(refusal))).toBe(false);
  });

  test("because of an unavailable image is not a failure of the cluster", async () => {
    const image = "http://127.0.0.1:1/node.qcow2";
    const refusal = await refusalOf(() =>
      withVerifiedImages(parseConfig({ image, imageSha256: "0".repeat(64) }, surroundings)),
    );
    expect(refusal).toContain(image);
    expect(await concerns(ofProgram(refusal))).toBe(false);
  });

  test("because of a missing data disk is not a failure of the cluster", async () => {
    const id = { result: "01234567-89ab-4cde-8f01-23456789abcd", keepers: immutableInputs(configWith()) };
    const prior = priorStateOf({ "remoteCommand dev-master-init": {}, "randomUuid dev-id": id });
    const virsh: Virsh = (command) =>
      command === "vol-path" ? Promise.reject(new Error("no volume")) : Promise.resolve("");
    const refusal = await refusalOf(() => isDataLost(configWith(), prior, virsh));
    expect(refusal).toContain("dev-master-data-01234567.qcow2");
    expect(await concerns(ofProgram(refusal))).toBe(false);
  });

  test.each([
    ["replaced", replaced],
    ["deleted", deleted],
  ])("because a protected resource would be %s is not a failure of the cluster", async (_, error) => {
    expect(await concerns(diagnosed(volume, error))).toBe(false);
  });

  test.each([
    [
      "another failure at the same time",
      diagnosed(volume, replaced) + diagnosed(joining, "exit status 1").replace(/^.*\n/, ""),
    ],
    [
      "a similar message of a node",
      diagnosed("command:remote:Command (lab-master-init)", "nothing was created: exit status 1"),
    ],
    [
      "a resource that could not be replaced for another reason",
      diagnosed(volume, `unable to replace resource "${data}": no space left`),
    ],
    ["similar messages of a resource", diagnosed(volume, "unknown flag: --x\n--yes must be passed in to proceed")],
    ["an error without a resource", "error: the stack is currently locked by 1 lock(s).\n"],
  ])("is a failure of the cluster after all with %s", async (_, log) => {
    expect(await concerns(log)).toBe(true);
  });
});

// Messages of Pulumi 3.250.
const usageErrors: readonly (readonly [name: string, log: string])[] = [
  [
    "a missing --yes",
    "error: --yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode\n",
  ],
  ["an unknown option", "error: unknown flag: --bogus\n"],
  ["an unknown short option", "error: unknown shorthand flag: 'q' in -q\n"],
];

test.each(usageErrors)("%s is not a failure of the cluster", async (_, log) => {
  expect(await concernsCluster(session, log, 0)).toBe(false);
});

describe("a destroy", () => {
  const began = Date.parse("2026-11-21T07:39:10.000Z");
  const history = '[{"kind":"destroy","startTime":"2026-11-21T07:39:12.000Z","result":"failed"}]';
  const concerns = (log: string) =>
    concernsResource({ ...session, capture: () => Promise.resolve(history) }, log, began);

  test("is diagnosed when a resource failed", async () => {
    expect(await concerns(diagnosed(joining, "exit status 1"))).toBe(true);
  });

  test.each<readonly [string, string]>([
    ...usageErrors,
    ["a lock of another run", "error: the stack is currently locked by 1 lock(s).\n"],
    ["a refused deletion", diagnosed(volume, deleted)],
    ["an empty screen", "\n"],
    ["an empty log", ""],
  ])("is not diagnosed after %s", async (_, log) => {
    expect(await concerns(log)).toBe(false);
  });

  test("is not diagnosed by its command either, after a lock of another run", async () => {
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

describe("a failed run without a log", () => {
  const began = Date.parse("2026-11-21T07:39:10.000Z");
  const after = (history: string, log = "") =>
    concernsCluster({ ...session, capture: () => Promise.resolve(history) }, log, began);

  test.each([
    ["no output", ""],
    ["an empty screen", "\n"],
  ])("concerns the cluster when Pulumi began a change, with %s", async (_, log) => {
    expect(await after('[{"kind":"update","startTime":"2026-11-21T07:39:12.000Z","result":"failed"}]', log)).toBe(true);
  });

  test.each([
    ["ends before the run", '[{"kind":"update","startTime":"2026-11-20T07:39:12.000Z","result":"failed"}]'],
    ["is empty", "[]"],
    ["is not JSON", "Stack has never been updated"],
  ])("does not concern the cluster when Pulumi's history %s", async (_, history) => {
    expect([await after(history), await after(history, "\n")]).toEqual([false, false]);
  });
});
