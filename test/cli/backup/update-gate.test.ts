import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, vi } from "vitest";
import { UpdateGate } from "../../../cli/backup/update-gate.ts";
import { waitForGate } from "../../../lifecycle/update-gate.ts";
import { test } from "../../support/folder.ts";

const pathOf = (gate: UpdateGate) => gate.variables.NODEFORGE_UPDATE_GATE ?? "";
const refusal = /has ended before it let the update begin.*nothing was changed\. Fix: npm run up/;

describe("an update with a gate", () => {
  test("waits for the work of the command, which is done once", async ({ folder }) => {
    const work = Promise.withResolvers<void>();
    const before = vi.fn(() => work.promise);
    await using gate = await UpdateGate.open(before, folder);
    expect(before).not.toHaveBeenCalled();
    const begun: string[] = [];
    const waits = ["one", "other"].map((name) => waitForGate(pathOf(gate)).then(() => begun.push(name)));
    await vi.waitFor(() => expect(before).toHaveBeenCalled());
    expect(begun).toEqual([]);
    work.resolve();
    await Promise.all(waits);
    expect(begun.sort()).toEqual(["one", "other"]);
    expect(before).toHaveBeenCalledOnce();
  });

  test("fails where the work fails", async ({ folder }) => {
    await using gate = await UpdateGate.open(() => Promise.reject(new Error("no")), folder);
    await expect(waitForGate(pathOf(gate))).rejects.toThrow(refusal);
  });

  test("fails where the command ends meanwhile, or has ended", async ({ folder }) => {
    const begun = Promise.withResolvers<void>();
    const gate = await UpdateGate.open(() => (begun.resolve(), new Promise(() => undefined)), folder);
    const waiting = expect(waitForGate(pathOf(gate))).rejects.toThrow(refusal);
    await begun.promise;
    await gate[Symbol.asyncDispose]();
    await waiting;
    await expect(waitForGate(pathOf(gate))).rejects.toThrow(refusal);
    expect(existsSync(dirname(pathOf(gate)))).toBe(false);
  });

  test("fails at another answer", async ({ folder }) => {
    const path = join(folder, "socket");
    const server = createServer((socket) => void socket.end("other")).listen(path);
    await expect(waitForGate(path)).rejects.toThrow('expected the answer "begin", got "other"');
    server.close();
  });

  test("asks on a socket that only this user can reach", async ({ folder }) => {
    await using gate = await UpdateGate.open(() => Promise.resolve(), folder);
    expect(statSync(dirname(pathOf(gate))).mode & 0o077).toBe(0);
  });
});

test("an update without a gate does not wait", async () => {
  vi.stubEnv("NODEFORGE_UPDATE_GATE", undefined);
  await waitForGate();
  await waitForGate("");
  vi.unstubAllEnvs();
});
