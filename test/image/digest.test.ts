import { chmod, readdir, readFile, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { imageDigest, type DigestOptions } from "../../image/digest.ts";
import * as digests from "../../lib/digest.ts";
import { test } from "../support/folder.ts";

vi.mock("../../lib/digest.ts", { spy: true });

afterEach(() => void vi.clearAllMocks());

const [one, other] = [Buffer.alloc(1000, 1), Buffer.alloc(1000, 2)];

describe("the digest of an image within a process", () => {
  test("is computed once, even for two simultaneous calls", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, one);
    expect(await Promise.all([imageDigest(path), imageDigest(path)])).toEqual(Array(2).fill(digests.sha256(one)));
    await imageDigest(path);
    expect(digests.sha256Of).toHaveBeenCalledTimes(1);
  });

  test("is computed again after a write that keeps the file's size and time", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, one);
    await utimes(path, 1000, 1000);
    await imageDigest(path);
    await writeFile(path, other);
    await utimes(path, 1000, 1000);
    expect(await imageDigest(path)).toBe(digests.sha256(other));
  });

  test("is an error for a missing file", async ({ folder }) => {
    await expect(imageDigest(join(folder, "missing"))).rejects.toThrow("ENOENT");
  });
});

describe("the stored digest of an image", () => {
  const fake = "f".repeat(64);
  /** Returns the digest in another process, which has nothing in memory. */
  const inAnotherProcess = async (path: string, root: string, options: DigestOptions = {}) => {
    vi.resetModules();
    const { imageDigest: fresh } = await import("../../image/digest.ts");
    return fresh(path, { root, storedFrom: 1, settled: 0, ...options });
  };
  const storedIn = async (root: string) =>
    (await readdir(join(root, "digests"))).map((name) => join(root, "digests", name));
  /** Replaces the stored digest, so that a process that does not hash the file shows. */
  const falsify = async (root: string, text = fake) => {
    const [place = ""] = await storedIn(root);
    await writeFile(place, (await readFile(place, "utf8")).replace(/\S+\n$/, `${text}\n`));
  };

  test("is used by another process, for every path of the file", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, one);
    expect(await inAnotherProcess(path, folder)).toBe(digests.sha256(one));
    await falsify(folder);
    await symlink(path, join(folder, "link"));
    for (const name of [path, join(folder, "link")]) expect(await inAnotherProcess(name, folder)).toBe(fake);
    expect(await storedIn(folder)).toHaveLength(1);
  });

  test("is replaced when another file has the path, even of the same size and time", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, one);
    await utimes(path, 1000, 1000);
    await inAnotherProcess(path, folder);
    await writeFile(join(folder, "next"), other);
    await utimes(join(folder, "next"), 1000, 1000);
    await rename(join(folder, "next"), path);
    expect(await inAnotherProcess(path, folder)).toBe(digests.sha256(other));
    await falsify(folder);
    expect(await inAnotherProcess(path, folder)).toBe(fake);
  });

  test.for<[string, DigestOptions]>([
    ["a small file", { storedFrom: 1001 }],
    ["a file that was written a moment ago", { settled: 60_000 }],
  ])("does not exist for %s", async ([, options], { folder }) => {
    await writeFile(join(folder, "node.qcow2"), one);
    expect(await inAnotherProcess(join(folder, "node.qcow2"), folder, options)).toBe(digests.sha256(one));
    expect(await storedIn(folder).catch(() => [])).toEqual([]);
  });

  test("is neither read nor written where another user could replace it", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, one);
    await inAnotherProcess(path, folder);
    await falsify(folder);
    await chmod(join(folder, "digests"), 0o777);
    expect(await inAnotherProcess(path, folder)).toBe(digests.sha256(one));
  });

  test("is ignored when it is malformed", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, one);
    await inAnotherProcess(path, folder);
    await falsify(folder, "f".repeat(63));
    expect(await inAnotherProcess(path, folder)).toBe(digests.sha256(one));
  });
});
