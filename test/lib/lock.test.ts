import type * as FileSystem from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FileLock } from "../../lib/file-lock.ts";
import { withLock } from "../../lib/lock.ts";

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
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "nodeforge-lock-"))));
afterEach(async () => {
  disk.refuses = false;
  await rm(folder, { recursive: true, force: true });
});

describe("work under a lock", () => {
  const isFree = async () => {
    const lock = await FileLock.take(`${join(folder, "work")}.lock`);
    lock?.release();
    return lock !== undefined;
  };

  test.each([[false], [true]])("ends as it ends, and frees the lock, when its file stays: %s", async (refuses) => {
    disk.refuses = refuses;
    expect(await withLock(join(folder, "work"), "working", () => Promise.resolve("done"))).toBe("done");
    expect(await isFree()).toBe(true);
    const failing = withLock(join(folder, "work"), "working", () => Promise.reject(new Error("the work failed")));
    await expect(failing).rejects.toThrow("the work failed");
    expect(await isFree()).toBe(true);
  });

  test("is done while the lock is held", async () => {
    expect(await withLock(join(folder, "work"), "working", isFree)).toBe(false);
  });
});
