import { execa } from "execa";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { listRuns } from "../../../cli/runs/archive.ts";
import { readRecord, type RunRecord } from "../../../cli/runs/record.ts";
import { openRun, outcomeOf } from "../../../cli/runs/run.ts";
import { showsSecrets } from "../../../cli/runs/run-log.ts";
import schema from "../../../docs/run-record.schema.json" with { type: "json" };
import { fakeSession, imageHash } from "./fake-session.ts";

const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
const token = "abcdef.0123456789abcdef";

const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function prepare() {
  const fake = fakeSession();
  folders.push(fake.folder);
  return fake;
}

/** Records a run of the fake program. */
async function record(ending: string, ...more: readonly string[]) {
  const fake = prepare();
  const run = await openRun(fake.session, { command: "up", args: ["--yes", ending] }, fake.root);
  const exitCode = await run.pulumi(["up", "--stack", "lab", ...more, ending]);
  await run.finish({ exitCode });
  return {
    ...fake,
    run,
    exitCode,
    record: read(run.folder),
    log: readFileSync(join(run.folder, "pulumi.log"), "utf8"),
  };
}

function read(folder: string): RunRecord {
  return JSON.parse(readFileSync(join(folder, "record.json"), "utf8")) as RunRecord;
}

describe("a run that succeeds", () => {
  test("says what was run, on what and how it went", async () => {
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

  test("has its settings with the defaults, without secrets and keys", async () => {
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

  test("keeps what Pulumi printed on both streams, redacted and without colours", async () => {
    const { log, run } = await record("");
    expect(log).toContain("$ pulumi up --stack lab");
    expect(log).toContain("\n +  nodeforge:index:Cluster creating\n");
    expect(log).toContain("error of a tool: token [redacted] was refused");
    expect(log).not.toContain(token);
    expect(await run.log()).toContain("token [redacted] was refused");
    expect(await run.log()).not.toContain("$ pulumi");
  });

  test("leaves files that only their owner can read", async () => {
    const { run, root } = await record("");
    expect(readdirSync(run.folder).sort()).toEqual(["pulumi.log", "record.json", "report.html"]);
    for (const file of readdirSync(run.folder)) expect(statSync(join(run.folder, file)).mode & 0o777).toBe(0o600);
    for (const folder of [root, run.folder]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("may call Pulumi more than once", async () => {
    const { session, root } = prepare();
    const run = await openRun(session, { command: "roll", args: [] }, root);
    expect([await run.pulumi(["up", "first"]), await run.pulumi(["up", "second"])]).toEqual([0, 0]);
    await run.finish({ exitCode: 0, notes: ["two nodes were rolled"] });
    expect(read(run.folder)).toMatchObject({
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
  ])("ending %s: exit code %d, %s", async (ending, expected, outcome, changes) => {
    const { record: written, exitCode } = await record(ending);
    expect(exitCode).toBe(expected);
    expect(validate(written), JSON.stringify(validate.errors)).toBe(true);
    // Its stack has outputs, but of an earlier run.
    const absent = { nodes: [], timings: {}, image: { sha256: "cd".repeat(32) }, versions: { kubernetes: null } };
    expect(written).toMatchObject({ outcome, exitCode: expected, changes, ...absent });
  });

  test.each([
    [0, "", "succeeded"],
    [1, "error: it failed", "failed"],
    [255, "", "failed"],
    // The command fails afterwards, because there is no cluster to sum up.
    [1, "confirmation declined, not proceeding with the update", "declined"],
    [130, "", "interrupted"],
    [143, "", "interrupted"],
    [1, "x\n^C received; cancelling.", "interrupted"],
  ])("exit code %d after %j is %s", (exitCode, printed, outcome) => {
    expect(outcomeOf(exitCode, printed)).toBe(outcome);
  });
});

describe("recording never gets in the way", () => {
  test.each([
    ["its folder cannot be made", ({ root }: { root: string }) => writeFileSync(root, "a file")],
    ["the outputs cannot be read", ({ folder }: { folder: string }) => rmSync(join(folder, "outputs.json"))],
    ["the settings are gone", ({ folder }: { folder: string }) => rmSync(join(folder, "Pulumi.yaml"))],
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

  test("when the folder disappears meanwhile", async () => {
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

test("two runs that start in one second have folders of their own", async () => {
  const { session, root } = prepare();
  const start = { command: "up", args: [] } as const;
  const runs = await Promise.all([1, 2, 3].map(() => openRun(session, start, root)));
  expect(new Set(runs.map(({ folder }) => folder)).size).toBe(3);
  expect(await listRuns(root)).toHaveLength(3);
});

describe("what shows secrets is not kept", () => {
  test("in the log", async () => {
    const { log, run, record: written } = await record("", "--show-secrets");
    expect(log).toBe("$ pulumi up --stack lab --show-secrets \nNot kept: with these arguments Pulumi shows secrets.\n");
    expect(await run.log()).toBe("");
    expect(written.outcome).toBe("succeeded");
  });

  test("though what other calls print is", async () => {
    const { session, root } = prepare();
    const run = await openRun(session, { command: "up", args: [] }, root);
    await run.pulumi(["up", "--stack", "hidden", "--debug", ""]);
    await run.pulumi(["up", "--stack", "shown", ""]);
    expect((await run.log()).match(/^Updating .*/gm)).toEqual(["Updating (shown):"]);
  });

  test.each(["--debug", "--debug=true", "-d", "-fyd", "--logtostderr", "--show-secrets"])("%s", (argument) => {
    expect(showsSecrets(argument)).toBe(true);
  });

  test.each(["--diff", "--yes", "-y", "--debug=false", "--dump", "up", "debug"])("but %s does not", (argument) => {
    expect(showsSecrets(argument)).toBe(false);
  });
});

describe("in a process of its own", () => {
  const recorder = join(import.meta.dirname, "recorder.ts");
  const start = (folder: string, ending: string) =>
    execa(process.execPath, [recorder, folder, ending], { reject: false, all: true, timeout: 25_000 });
  const onlyRun = (root: string) => join(root, readdirSync(root)[0] ?? "");

  test("output streams through a pipe while Pulumi runs, and a killed run is interrupted", async () => {
    const { folder, root } = prepare();
    const recording = start(folder, "wait");
    // Comes before the end: the fake waits for as long as its folder is there.
    await printed(recording.stdout, "creating");
    expect(await readRecord(onlyRun(root))).toMatchObject({ outcome: "running" });
    recording.kill("SIGKILL");
    await recording;
    expect(read(onlyRun(root))).toMatchObject({ outcome: "running", end: null, exitCode: null });
    expect(validate(read(onlyRun(root))), JSON.stringify(validate.errors)).toBe(true);
    expect(await readRecord(onlyRun(root))).toMatchObject({ outcome: "interrupted" });
    expect(existsSync(join(onlyRun(root), "report.html"))).toBe(false);
  });

  test("a terminal stays one: Pulumi's question can be answered, and is in the log", async () => {
    const { folder, root } = prepare();
    const command = [process.execPath, recorder, folder, "ask"].join(" ");
    const terminal = execa("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
      timeout: 25_000,
      env: { SHELL: "/bin/sh" },
    });
    await printed(terminal.stdout, "perform this update?");
    terminal.stdin.write("yes\r");
    const { exitCode } = await terminal;
    expect(exitCode).toBe(0);
    const log = readFileSync(join(onlyRun(root), "pulumi.log"), "utf8");
    expect(log).toContain("on a terminal\nDo you want to perform this update? yes\nthe answer is yes\n");
    expect(log).not.toContain(token);
    expect(read(onlyRun(root))).toMatchObject({ outcome: "succeeded", changes: { created: 20 } });
  });

  test("a display that is drawn over and over is in the log as it was left", async () => {
    const { folder, root } = prepare();
    const command = [process.execPath, recorder, folder, "redraw"].join(" ");
    await execa("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      timeout: 25_000,
      env: { SHELL: "/bin/sh" },
      stdin: "ignore",
    });
    const log = readFileSync(join(onlyRun(root), "pulumi.log"), "utf8");
    expect(log).toContain("\nworker created (2s)\nmaster creating\n");
    expect(log).not.toContain("(1s)");
  });

  test("the exit code is the program's own, on a terminal too", async () => {
    const { folder } = prepare();
    const command = [process.execPath, recorder, folder, "fail"].join(" ");
    const { exitCode } = await execa("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      timeout: 25_000,
      env: { SHELL: "/bin/sh" },
      stdin: "ignore",
      reject: false,
    });
    expect(exitCode).toBe(3);
    expect((await start(folder, "fail")).exitCode).toBe(3);
  });
});

/** Waits until a stream has had a text; the limit is that of the process. */
async function printed(stream: Readable, wanted: string): Promise<void> {
  let text = "";
  await new Promise<void>((resolve, reject) => {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(wanted)) resolve();
    });
    stream.on("end", () => reject(new Error(`ended without ${wanted}: ${text}`)));
  });
}

test("without a repository there is no revision, which is no error", async () => {
  const { readGit } = await import("../../../cli/runs/surroundings.ts");
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-git-"));
  folders.push(folder);
  expect(await readGit(folder)).toBe(null);
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=n", "-c", "user.email=n@localhost", ...args], { cwd: folder });
  await git("init", "--quiet");
  expect(await readGit(folder)).toBe(null);
  await git("commit", "--quiet", "--allow-empty", "--message", "first");
  expect(await readGit(folder)).toEqual({ revision: expect.stringMatching(/^[0-9a-f]{40}$/) as string, dirty: false });
  writeFileSync(join(folder, "new"), "");
  expect(await readGit(folder)).toMatchObject({ dirty: true });
});

test("what Pulumi writes into a stack's file is no change of its user's", async () => {
  const { readGit } = await import("../../../cli/runs/surroundings.ts");
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-git-"));
  folders.push(folder);
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=n", "-c", "user.email=n@localhost", ...args], { cwd: folder });
  const write = (text: string) => writeFileSync(join(folder, "Pulumi.dev.yaml"), text);
  await git("init", "--quiet");
  write("# The example.\nconfig:\n  nodeforge:workers: 2\n  nodeforge:workerLabels: [disk=ssd]\n");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "first");
  const byPulumi = 'config:\n  nodeforge:workerLabels:\n    - disk=ssd\n  nodeforge:workers: "2"\n';
  write(`${byPulumi}encryptionsalt: v1:salt\n`);
  expect(await readGit(folder)).toMatchObject({ dirty: false });
  write(`${byPulumi.replace("2", "3")}encryptionsalt: v1:salt\n`);
  expect(await readGit(folder)).toMatchObject({ dirty: true });
  write(`${byPulumi}encryptionsalt: v1:salt\n`);
  writeFileSync(join(folder, "Pulumi.other.yaml"), byPulumi);
  expect(await readGit(folder)).toMatchObject({ dirty: true });
});
