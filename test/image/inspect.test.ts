import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { inspectImage } from "../../image/inspect.ts";
import { sha256 } from "../../lib/digest.ts";
import { test } from "../support/folder.ts";
import { qcow2 } from "../support/qcow2.ts";

describe("an image's file", () => {
  test("has the hash of its content and the size of its disk", async ({ folder }) => {
    const path = join(folder, "node.qcow2");
    await writeFile(path, qcow2());
    expect(await inspectImage(path)).toEqual({ sha256: sha256(qcow2()), virtualBytes: 2 ** 30 });
  });

  test("is undefined if it is missing or a folder", async ({ folder }) => {
    expect(await inspectImage(join(folder, "missing"))).toBeUndefined();
    expect(await inspectImage(folder)).toBeUndefined();
  });
});
