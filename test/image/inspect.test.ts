import { createHash } from "node:crypto";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { imageDigest, inspectImage } from "../../image/inspect.ts";
import * as digests from "../../lib/digest.ts";
import { qcow2 } from "../support/qcow2.ts";

vi.mock("../../lib/digest.ts", { spy: true });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-inspect-"));
});
afterEach(async () => {
  vi.clearAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const hashOf = (content: Buffer) => createHash("sha256").update(content).digest("hex");

describe("an image's file", () => {
  test("has the hash of its content and the size of its disk", async () => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, qcow2());
    expect(await inspectImage(path)).toEqual({ sha256: hashOf(qcow2()), virtualBytes: 2 ** 30 });
  });

  test("is hashed once, also when two ask at the same time", async () => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, qcow2());
    expect(await Promise.all([imageDigest(path), imageDigest(path)])).toEqual(Array(2).fill(hashOf(qcow2())));
    await inspectImage(path);
    expect(digests.sha256Of).toHaveBeenCalledTimes(1);
  });

  test("is hashed again after it was written, although size and time are as before", async () => {
    const path = join(folder, "node.qcow2");
    const other = qcow2({ 24: 2n << 30n });
    await writeFile(path, qcow2());
    await utimes(path, 1000, 1000);
    await imageDigest(path);
    await writeFile(path, other);
    await utimes(path, 1000, 1000);
    expect(await imageDigest(path)).toBe(hashOf(other));
  });

  test("is undefined when it is missing or a folder", async () => {
    expect(await inspectImage(join(folder, "missing"))).toBeUndefined();
    expect(await inspectImage(folder)).toBeUndefined();
    await expect(imageDigest(join(folder, "missing"))).rejects.toThrow("ENOENT");
  });
});
