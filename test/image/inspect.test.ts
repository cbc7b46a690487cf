import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { imageDigest, inspectImage } from "../../image/inspect.ts";
import * as digests from "../../lib/digest.ts";
import { test } from "../support/folder.ts";
import { qcow2 } from "../support/qcow2.ts";

vi.mock("../../lib/digest.ts", { spy: true });

afterEach(() => void vi.clearAllMocks());

describe("an image's file", () => {
  test("has the hash of its content and the size of its disk", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, qcow2());
    expect(await inspectImage(path)).toEqual({ sha256: digests.sha256(qcow2()), virtualBytes: 2 ** 30 });
  });

  test("is hashed once, even for two simultaneous calls", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, qcow2());
    expect(await Promise.all([imageDigest(path), imageDigest(path)])).toEqual(Array(2).fill(digests.sha256(qcow2())));
    await inspectImage(path);
    expect(digests.sha256Of).toHaveBeenCalledTimes(1);
  });

  test("is hashed again after a write that keeps its size and time", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    const other = qcow2({ 24: 2n << 30n });
    await writeFile(path, qcow2());
    await utimes(path, 1000, 1000);
    await imageDigest(path);
    await writeFile(path, other);
    await utimes(path, 1000, 1000);
    expect(await imageDigest(path)).toBe(digests.sha256(other));
  });

  test("is undefined if it is missing or a folder", async ({ folder }) => {
    expect(await inspectImage(join(folder, "missing"))).toBeUndefined();
    expect(await inspectImage(folder)).toBeUndefined();
    await expect(imageDigest(join(folder, "missing"))).rejects.toThrow("ENOENT");
  });
});
