import type * as FileSystem from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { FileLock } from "../../lib/file-lock.ts";
import { withLock } from "../../lib/lock.ts";
import { test } from "../support/folder.ts";

const disk = vi.hoisted(() => ({ refuses: false }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof FileSystem>();
  const rmSync: typeof fs.rmSync = (...args) => {
    if (disk.refuses) throw new Error("EACCES: permission denied");
    fs.rmSync(...args);
  };
  return { ...fs, rmSync };
});

let folder: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
});
afterEach(() => {
  disk.refuses = false;
});

describe("work under a lock", () => {
  const isFree = async () => {
    const lock = await FileLock.take(`${join(folder, "work")}.lock`);
    lock?.release();
    return lock !== undefined;
  };

  test.each([[false], [true]])("keeps its result and frees the lock, if its file stays: %s", async (refuses) => {
    disk.refuses = refuses;
    expect(await withLock(join(folder, "work"), "working", () => Promise.resolve("done"))).toBe("done");
    expect(await isFree()).toBe(true);
    const failing = withLock(join(folder, "work"), "working", () => Promise.reject(new Error("the work failed")));
    await expect(failing).rejects.toThrow("the work failed");
    expect(await isFree()).toBe(true);
  });

  test("runs while the lock is held", async () => {
    expect(await withLock(join(folder, "work"), "working", isFree)).toBe(false);
  });

  test("waits for the work that holds the lock, and logs that", async () => {
    const log: string[] = [];
    const order: string[] = [];
    const holder = await FileLock.take(`${join(folder, "work")}.lock`);
    const work = () => Promise.resolve(order.push("work"));
    const waiting = withLock(join(folder, "work"), "building etcd", work, { log: (line) => log.push(line) });
    await vi.waitFor(() => expect(log).toHaveLength(1));
    order.push("released");
    holder?.release();
    await waiting;
    expect(order).toEqual(["released", "work"]);
    expect(log).toEqual(["waiting for another process that is building etcd (0s, at most 1h00m)"]);
  });

  test("fails when the lock is still held at the limit, and names the file", async () => {
    const file = `${join(folder, "work")}.lock`;
    const holder = await FileLock.take(file);
    const work = vi.fn(() => Promise.resolve());
    const failing = withLock(join(folder, "work"), "building etcd", work, { limit: 50, log: () => undefined });
    await expect(failing).rejects.toThrow(`another process was still building etcd after 0s; it holds ${file}`);
    expect(work).not.toHaveBeenCalled();
    holder?.release();
  });
});
