import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { homedir, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkout } from "../../toolchain/checkout.ts";
import { backendFolder, isDead, readLocks, release } from "../../toolchain/state-lock.ts";

describe("the folder of a backend", () => {
  test.each([
    ["file:///states?metadata=skip", "/states"],
    ["file:///states", "/states"],
    ["file://~", homedir()],
    ["file://~/states", join(homedir(), "states")],
    ["file://./states", join(checkout, "states")],
  ])("of %s is %s", (url, expected) => {
    expect(backendFolder(url)).toBe(expected);
  });

  test.each([["https://api.pulumi.com"], ["s3://bucket?file=//x"], [""], [undefined]])("of %j is none", (url) => {
    expect(backendFolder(url)).toBeUndefined();
  });
});

describe("a lock", () => {
  const lock = (change = {}) => ({ path: "", pid: process.pid, hostname: hostname(), taken: Date.now(), ...change });

  test("of a living process is alive", () => {
    expect(isDead(lock())).toBe(false);
  });

  test("of a process that has ended is dead", async () => {
    const child = spawn("true");
    await once(child, "exit");
    expect(isDead(lock({ pid: child.pid }))).toBe(true);
  });

  test("is dead when its process's number was given to another since", () => {
    expect(isDead(lock({ taken: Date.now() - 365 * 24 * 3_600_000 }))).toBe(true);
  });

  test.each([
    ["another machine", { pid: 999_999_999, hostname: "elsewhere" }],
    ["nobody", { pid: 0 }],
  ])("of %s is not for us to judge", (_, change) => {
    expect(isDead(lock(change))).toBe(false);
  });
});

describe("the locks of a stack", () => {
  let folder: string;
  let locks: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodeforge-locks-"));
    locks = join(folder, ".pulumi", "locks", "organization", "nodeforge", "lab");
    await mkdir(locks, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("are read from its own folder, and released one by one", async () => {
    const timestamp = "2026-01-02T03:04:05.678901234Z";
    await writeFile(join(locks, "a.json"), JSON.stringify({ pid: 7, username: "user", hostname: "here", timestamp }));
    await writeFile(join(locks, "b.json"), "");
    const found = await readLocks(folder, "nodeforge", "lab");
    expect(found).toEqual([
      { path: join(locks, "a.json"), pid: 7, hostname: "here", taken: Date.parse("2026-01-02T03:04:05.678Z") },
      { path: join(locks, "b.json"), pid: 0, hostname: "", taken: Number.NaN },
    ]);
    expect(isDead(found[1]!)).toBe(false);
    expect(await readLocks(folder, "nodeforge", "other")).toEqual([]);
    await release(found[0]!);
    expect(await readdir(locks)).toEqual(["b.json"]);
  });
});
