import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { readCheckpoint } from "../../../cli/state-service/checkpoint.ts";
import { pathsOf, type StackPlace } from "../../../cli/state-service/places.ts";
import { recoverJournal } from "../../../cli/state-service/recover-journal.ts";
import { StateService } from "../../../cli/state-service/service.ts";
import { fillDisk } from "./full-disk.ts";
import { creation, emptyCheckpoint, newPlace } from "./place.ts";

const ownPath = "stacks/organization/nodeforge/lab";

/** A service and the Pulumi CLI that speaks to it. */
async function serve(place: StackPlace) {
  const service = await StateService.start(place, () => 4711);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await service.close();
  };
  onTestFinished(close);
  const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${service.url}/api/${path}`, {
      method,
      headers: {
        authorization: `token ${service.token}`,
        "user-agent": "pulumi-cli/1 (v3.250.0; linux; cmd=up)",
        ...(body && { "content-encoding": "gzip" }),
        ...headers,
      },
      ...(body && { body: gzipSync(JSON.stringify(body)) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  /** Creates and starts an update. Returns the path of its resources. */
  const begin = async (kind: string) => {
    const request = {
      config: { "nodeforge:workers": { string: "2" }, "nodeforge:key": { string: "c", secret: true } },
      metadata: { message: "more", environment: { "exec.kind": "cli" } },
    };
    const { body } = await call("POST", `${ownPath}/${kind}`, request);
    const path = `${ownPath}/${kind}/${String(body.updateID)}`;
    const started = await call("POST", path, { journalVersion: 1 });
    expect(started).toMatchObject({ status: 200, body: { journalVersion: 1, token: service.token } });
    return path;
  };
  return { call, begin, close, service };
}

async function resources(place: StackPlace) {
  return ((await readCheckpoint(place))?.deployment.resources ?? []).map(({ urn }) => urn);
}

describe("the state service", () => {
  test("answers to its token only, on the loopback", async () => {
    const { call, service } = await serve(newPlace());
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await call("GET", "user")).status).toBe(200);
    expect((await call("GET", "user", undefined, { authorization: `update-token ${service.token}` })).status).toBe(200);
    for (const authorization of ["", "token ", "token wrong", `Bearer ${service.token}`]) {
      expect((await call("GET", "user", undefined, { authorization })).status).toBe(401);
    }
  });

  test("knows its stack and no other", async () => {
    const { call } = await serve(newPlace());
    const { latest } = emptyCheckpoint.checkpoint;
    expect((await call("GET", `${ownPath}/export`)).body).toEqual({ version: 3, features: [], deployment: latest });
    expect((await call("GET", ownPath)).body).toMatchObject({ stackName: "lab", projectName: "nodeforge" });
    for (const path of ["stacks/organization/nodeforge/dev", "stacks/other/nodeforge/lab", `${ownPath}/encrypt`]) {
      const { status, body } = await call("GET", path);
      expect([status, body.message]).toEqual([
        404,
        expect.stringContaining("the state service of stack lab has no GET"),
      ]);
    }
  });

  test("stores an update: checkpoint, history, backup; and leaves neither a journal nor a lock", async () => {
    const place = newPlace();
    const { checkpoint, history, backups, journal, locks } = pathsOf(place);
    const { call, begin, close } = await serve(place);
    const update = await begin("update");
    const [lock = ""] = readdirSync(locks);
    expect(JSON.parse(readFileSync(join(locks, lock), "utf8"))).toMatchObject({
      pid: 4711,
      hostname: hostname(),
      username: userInfo().username,
    });
    expect((await call("PATCH", `${update}/journalentries`, { entries: [creation(1)] })).status).toBe(200);
    expect(readFileSync(journal, "utf8").trimEnd().split("\n")).toHaveLength(2);
    expect(await resources(place)).toEqual([]);
    const events = [{ summaryEvent: { resourceChanges: { create: 1 } } }, { diagnosticEvent: {} }];
    expect((await call("POST", `${update}/events/batch`, { events })).body).toEqual({});
    // A batch without a summary changes nothing of the last one.
    const others = [{ resourcePreEvent: { metadata: { op: "create" } } }];
    expect((await call("POST", `${update}/events/batch`, { events: others })).body).toEqual({});
    expect((await call("POST", `${update}/renew_lease`, { duration: 300 })).status).toBe(200);
    expect((await call("POST", `${update}/complete`, { status: "succeeded" })).status).toBe(200);
    // The CLI repeats a request whose answer it lost.
    expect((await call("POST", `${update}/complete`, { status: "succeeded" })).status).toBe(200);
    await close();
    expect(await resources(place)).toEqual(["urn-1"]);
    const [checkpointCopy = "", info = "", ...more] = readdirSync(history).sort();
    expect([readdirSync(locks), existsSync(journal), more]).toEqual([[], false, []]);
    expect(JSON.parse(readFileSync(join(history, info), "utf8"))).toMatchObject({
      kind: "update",
      message: "more",
      environment: { "exec.kind": "cli" },
      config: { "nodeforge:workers": "2", "nodeforge:key": { secure: "c" } },
      result: "succeeded",
      resourceChanges: { create: 1 },
    });
    const [backup = ""] = readdirSync(backups);
    const texts = [checkpoint, join(history, checkpointCopy), join(backups, backup)].map((path) =>
      readFileSync(path, "utf8"),
    );
    expect(new Set(texts).size).toBe(1);
  });

  test("changes nothing in a preview, whose lock also covers the update after it", async () => {
    const place = newPlace();
    const { call, begin } = await serve(place);
    const before = readFileSync(pathsOf(place).checkpoint, "utf8");
    const preview = await begin("preview");
    expect((await call("PATCH", `${preview}/journalentries`, { entries: [creation(1)] })).status).toBe(400);
    expect((await call("POST", `${preview}/complete`, { status: "succeeded" })).status).toBe(200);
    expect([readFileSync(pathsOf(place).checkpoint, "utf8"), existsSync(pathsOf(place).history)]).toEqual([
      before,
      false,
    ]);
    expect(readdirSync(pathsOf(place).locks)).toHaveLength(1);
    await begin("update");
    expect(readdirSync(pathsOf(place).locks)).toHaveLength(1);
  });

  test("imports a deployment, and then starts an update from it", async () => {
    const place = newPlace();
    const { call, begin, close } = await serve(place);
    const { latest } = emptyCheckpoint.checkpoint;
    const imported = { version: 3, deployment: { ...latest, resources: [{ urn: "urn-0" }] } };
    expect((await call("POST", `${ownPath}/import`, imported)).body).toEqual({ updateID: "import" });
    expect((await call("GET", `${ownPath}/update/import`)).body).toMatchObject({ status: "succeeded" });
    const update = await begin("refresh");
    await call("PATCH", `${update}/journalentries`, { entries: [creation(1)] });
    await close();
    expect(await resources(place)).toEqual(["urn-1", "urn-0"]);
    expect((await serve(place).then(({ call }) => call("POST", `${ownPath}/import`, {}))).status).toBe(400);
  });

  test.each([
    ["without resources", []],
    ["of which only the root is left", [{ urn: "urn-0", type: "pulumi:pulumi:Stack" }]],
  ])("removes a stack %s, with its history, and keeps its backups", async (_, resources) => {
    const { latest } = emptyCheckpoint.checkpoint;
    const place = newPlace({ ...emptyCheckpoint, checkpoint: { latest: { ...latest, resources } } });
    const { checkpoint, history, backups, locks, tags } = pathsOf(place);
    const before = readFileSync(checkpoint, "utf8");
    writeFileSync(tags, "{}");
    const { call, begin, close } = await serve(place);
    const update = await begin("destroy");
    await call("POST", `${update}/complete`, { status: "succeeded" });
    expect((await call("DELETE", `${ownPath}?force=false`)).status).toBe(200);
    await close();
    expect([checkpoint, history, tags].map(existsSync)).toEqual([false, false, false]);
    expect([readdirSync(backups).length, readdirSync(locks)]).toEqual([1, []]);
    expect(readFileSync(`${checkpoint}.bak`, "utf8")).toBe(before);
  });

  test("removes no stack that has resources, in the words that the CLI knows", async () => {
    const { latest } = emptyCheckpoint.checkpoint;
    const resources = [
      { urn: "urn-0", type: "pulumi:pulumi:Stack" },
      { urn: "urn-1", type: "a:b:C" },
    ];
    const place = newPlace({ ...emptyCheckpoint, checkpoint: { latest: { ...latest, resources } } });
    const { call } = await serve(place);
    const { status, body } = await call("DELETE", ownPath);
    expect([status, body.message]).toEqual([400, "Bad Request: Stack still contains resources."]);
    expect(existsSync(pathsOf(place).checkpoint)).toBe(true);
  });

  test("keeps the stored changes of a CLI that ends early", async () => {
    const place = newPlace();
    const { call, begin, close } = await serve(place);
    const update = await begin("destroy");
    const operation = { type: "deleting", resource: { urn: "urn-9" } };
    const begun = { version: 1, kind: 0, sequenceID: 2, operationID: 2, operation };
    await call("PATCH", `${update}/journalentries`, { entries: [creation(1), begun] });
    await close();
    expect((await readCheckpoint(place))?.deployment.pending_operations).toEqual([operation]);
    expect([existsSync(pathsOf(place).history), readdirSync(pathsOf(place).locks)]).toEqual([false, []]);
  });

  test("stores no entry of a batch with an unknown kind", async () => {
    const place = newPlace();
    const { call, begin, close } = await serve(place);
    const update = await begin("update");
    const entries = [creation(1), { ...creation(2), kind: 10 }];
    const { status, body } = await call("PATCH", `${update}/journalentries`, { entries });
    expect([status, body.message]).toEqual([400, expect.stringContaining("a journal entry has kind 10")]);
    await close();
    expect(await resources(place)).toEqual([]);
  });

  test("answers 507 on a full disk, upon which the CLI tries again, and stores each entry once", async () => {
    const place = newPlace();
    const { call, begin, close } = await serve(place);
    const update = await begin("update");
    await fillDisk();
    const entries = [creation(1), creation(2)];
    const send = () => call("PATCH", `${update}/journalentries`, { entries });
    expect(await send()).toEqual({ status: 507, body: { code: 507, message: "no space left on device" } });
    expect((await send()).status).toBe(200);
    await close();
    expect(await resources(place)).toEqual(["urn-1", "urn-2"]);
  });

  test("keeps the journal while the disk is full at the end, and completes the update at the next attempt", async () => {
    const place = newPlace();
    const { call, begin } = await serve(place);
    const update = await begin("update");
    await call("PATCH", `${update}/journalentries`, { entries: [creation(1)] });
    await fillDisk();
    const complete = () => call("POST", `${update}/complete`, { status: "succeeded" });
    expect((await complete()).status).toBe(507);
    expect([await resources(place), existsSync(pathsOf(place).history)]).toEqual([[], false]);
    expect(existsSync(pathsOf(place).journal)).toBe(true);
    expect((await complete()).status).toBe(200);
    expect(await resources(place)).toEqual(["urn-1"]);
    expect(existsSync(pathsOf(place).journal)).toBe(false);
  });

  test("leaves the journal to the next command when the disk is full to the end, and releases its lock", async () => {
    const place = newPlace();
    const { call, begin, close } = await serve(place);
    const update = await begin("update");
    await call("PATCH", `${update}/journalentries`, { entries: [creation(1)] });
    await fillDisk();
    await expect(close()).rejects.toThrow("no space left on device");
    expect([await resources(place), readdirSync(pathsOf(place).locks)]).toEqual([[], []]);
    await recoverJournal(place, () => undefined);
    expect(await resources(place)).toEqual(["urn-1"]);
    expect(existsSync(pathsOf(place).journal)).toBe(false);
  });

  test("refuses a CLI without a journal", async () => {
    const { call } = await serve(newPlace());
    const { body } = await call("POST", `${ownPath}/update`, {});
    const started = await call("POST", `${ownPath}/update/${String(body.updateID)}`, {});
    expect(started.body.message).toContain("Fix: set NODEFORGE_JOURNAL=off");
  });

  test("refuses a stack that another Pulumi has locked, and leaves the other lock", async () => {
    const place = newPlace();
    const { locks } = pathsOf(place);
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "other.json"), '{"pid":1,"username":"u","hostname":"h","timestamp":"t"}');
    const { call } = await serve(place);
    const { status, body } = await call("POST", `${ownPath}/update`, {});
    expect(status).toBe(400);
    expect(body.message).toContain("the stack is currently locked by 1 lock(s)");
    expect(body.message).toContain(`file://${join(locks, "other.json")}: created by u@h (pid 1) at t`);
    expect(readdirSync(locks)).toEqual(["other.json"]);
  });
});
