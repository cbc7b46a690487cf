import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openRun, outcomeOf } from "../../../cli/runs/run.ts";
import { imageHash } from "./fake-session.ts";
import { prepare, readStored, record, token, validate } from "./recording.ts";

afterEach(() => void vi.restoreAllMocks());

describe("a run that succeeds", () => {
  test("records its command, its surroundings and its result", async () => {
    const { record: written, run, image, exitCode } = await record("--skip-preview");
    expect(exitCode).toBe(0);
    expect(validate(written), JSON.stringify(validate.errors)).toBe(true);
    expect(written).toMatchObject({
      formatVersion: 1,
      command: "up",
      arguments: ["--yes", "--skip-preview"],
      stack: "team/lab",
      cluster: "lab",
      outcome: "succeeded",
      exitCode: 0,
      notes: [],
      image: { location: image, sha256: imageHash, manifest: { contract: 1, versions: { linux: "6.12" } } },
      versions: { pulumi: "3.250.0", kubernetes: "1.36.3", node: process.versions.node, libvirt: null, qemu: null },
      hypervisor: { uri: "qemu+ssh://operator@host/system", domainType: "kvm" },
      changes: { created: 20, updated: 2, deleted: 1, replaced: 3, same: 4 },
      timings: { master: { boot: 60, init: 40.5 }, cluster: { ready: 3 } },
      logs: ["pulumi.log"],
    });
    expect(written.nodes.map(({ name, image, pool }) => [name, image, pool])).toEqual([
      ["master", imageHash, undefined],
      ["worker-node-1", "ef".repeat(32), "workers"],
    ]);
    expect(written.versions.packages["@pulumi/pulumi"]).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Date.parse(written.end ?? "")).toBeGreaterThanOrEqual(Date.parse(written.start));
    expect(run.folder).toMatch(/\/runs\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-team-lab$/);
  });

  test("records its settings with the defaults, without secrets and keys", async () => {
    const { record: written, run } = await record("");
    expect(written.configuration).toEqual({
      clusterName: "",
      libvirtUri: "qemu+ssh://operator@host/system",
      domainType: "auto",
      image: "",
      imageSha256: "",
      workers: 1,
      sshPublicKey: "[key]",
      workerLabels: ["disk=ssd"],
      "other:password": "[secret]",
    });
    const everything = readdirSync(run.folder).map((file) => readFileSync(join(run.folder, file), "utf8"));
    expect(everything).toHaveLength(3);
    for (const text of everything) expect(text).not.toMatch(/ciphertext|AAAAC3|v1:salt/);
  });

  test("keeps the output of both streams of Pulumi, redacted and without colours", async () => {
    const { log, run } = await record("");
    expect(log).toContain("$ pulumi up --stack lab");
    expect(log).toContain("\n +  nodeforge:index:Cluster creating\n");
    expect(log).toContain("error of a tool: token [redacted] was refused");
    expect(log).not.toContain(token);
    expect(await run.log()).toContain("token [redacted] was refused");
    expect(await run.log()).not.toContain("$ pulumi");
  });

  test("writes files that only their owner can read", async () => {
    const { run, root } = await record("");
    expect(readdirSync(run.folder).sort()).toEqual(["pulumi.log", "record.json", "report.html"]);
    for (const file of readdirSync(run.folder)) expect(statSync(join(run.folder, file)).mode & 0o777).toBe(0o600);
    for (const folder of [root, run.folder]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("adds up the changes of several calls of Pulumi", async () => {
    const { session, root } = prepare();
    const run = await openRun(session, { command: "roll", args: [] }, root);
    expect([await run.pulumi(["up", "first"]), await run.pulumi(["up", "second"])]).toEqual([0, 0]);
    await run.finish({ exitCode: 0, notes: ["two nodes were rolled"] });
    expect(readStored(run.folder)).toMatchObject({
      command: "roll",
      notes: ["two nodes were rolled"],
      changes: { created: 40, updated: 4, deleted: 2, replaced: 6, same: 4 },
    });
    const log = readFileSync(join(run.folder, "pulumi.log"), "utf8");
    expect(log.match(/^\$ pulumi .*/gm)).toEqual(["$ pulumi up first", "$ pulumi up second"]);
  });
});

describe("a run that does not succeed", () => {
  test.each([
    ["fail", 3, "failed", { created: 1, same: 0 }],
    ["cancel", 1, "interrupted", null],
    ["no", 0, "declined", null],
  ])("that ends with `%s` has exit code %d and is %s", async (ending, expected, outcome, changes) => {
    const { record: written, exitCode } = await record(ending);
    expect(exitCode).toBe(expected);
    expect(validate(written), JSON.stringify(validate.errors)).toBe(true);
    // The outputs of the stack are of an earlier run.
    const absent = { nodes: [], timings: {}, image: { sha256: "cd".repeat(32) }, versions: { kubernetes: null } };
    expect(written).toMatchObject({ outcome, exitCode: expected, changes, ...absent });
  });

  test.each([
    [0, "", "succeeded"],
    [1, "error: it failed", "failed"],
    [255, "", "failed"],
    // The command fails afterwards, because it has no cluster to describe.
    [1, "confirmation declined, not proceeding with the update", "declined"],
    [130, "", "interrupted"],
    [143, "", "interrupted"],
    [1, "x\n^C received; cancelling.", "interrupted"],
  ])("exit code %d after %j is %s", (exitCode, printed, outcome) => {
    expect(outcomeOf(exitCode, printed)).toBe(outcome);
  });
});

describe("recording never fails a run", () => {
  test.each([
    ["its folder cannot be created", ({ root }: { root: string }) => writeFileSync(root, "a file")],
    ["the outputs cannot be read", ({ folder }: { folder: string }) => rmSync(join(folder, "outputs.json"))],
    ["the settings are missing", ({ folder }: { folder: string }) => rmSync(join(folder, "Pulumi.yaml"))],
  ])("when %s", async (_, spoil) => {
    const warned = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const fake = prepare();
    spoil(fake);
    const run = await openRun(fake.session, { command: "up", args: [] }, fake.root);
    expect(await run.pulumi(["up", "fail"])).toBe(3);
    expect(await run.pulumi(["up", ""])).toBe(0);
    await run.finish({ exitCode: 0 });
    expect(warned.mock.calls.flat().join("")).toContain("the record of this run is incomplete: could not ");
  });

  test("when its folder is deleted meanwhile", async () => {
    const warned = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const { session, root } = prepare();
    const run = await openRun(session, { command: "up", args: [] }, root);
    rmSync(root, { recursive: true });
    expect(await run.pulumi(["up", "fail"])).toBe(3);
    await run.finish({ exitCode: 3 });
    expect(warned.mock.calls.flat().join("")).toContain("could not write it");
    expect(warned.mock.calls.flat().join("")).not.toContain("this run is recorded in");
  });
});

describe("output that may have secrets", () => {
  test("is not kept in the log", async () => {
    const { log, run, record: written } = await record("", "--show-secrets");
    expect(log).toBe(
      "$ pulumi up --stack lab --show-secrets \nNot kept: Pulumi prints secrets with these arguments.\n",
    );
    expect(await run.log()).toBe("");
    expect(written.outcome).toBe("succeeded");
  });

  test("is left out, and the output of other calls is kept", async () => {
    const { session, root } = prepare();
    const run = await openRun(session, { command: "up", args: [] }, root);
    await run.pulumi(["up", "--stack", "hidden", "--debug", ""]);
    await run.pulumi(["up", "--stack", "shown", ""]);
    expect((await run.log()).match(/^Updating .*/gm)).toEqual(["Updating (shown):"]);
  });
});
