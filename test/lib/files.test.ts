import { chmodSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { replaceFile } from "../../lib/files.ts";
import { test } from "../support/folder.ts";

describe("replaceFile", () => {
  test("writes the text and leaves no other file", async ({ folder }) => {
    await replaceFile(join(folder, "manifest"), "first");
    await replaceFile(join(folder, "manifest"), "second", { flush: true });
    expect(readFileSync(join(folder, "manifest"), "utf8")).toBe("second");
    expect(readdirSync(folder)).toEqual(["manifest"]);
  });

  test("writes bytes as they are, also those that are no text", async ({ folder }) => {
    const bytes = Uint8Array.of(0x1f, 0x8b, 0x00, 0xff, 0xc3);
    await replaceFile(join(folder, "data.gz"), bytes);
    expect([...readFileSync(join(folder, "data.gz"))]).toEqual([...bytes]);
    expect(readdirSync(folder)).toEqual(["data.gz"]);
  });

  test("gives the file the given mode, whatever the mode of the old file", async ({ folder }) => {
    const path = join(folder, "manifest");
    writeFileSync(path, "old");
    chmodSync(path, 0o644);
    await replaceFile(path, "new", { mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("replaces a symbolic link and leaves its target unchanged", async ({ folder }) => {
    const target = join(folder, "target");
    writeFileSync(target, "of another user");
    symlinkSync(target, join(folder, "manifest"));
    await replaceFile(join(folder, "manifest"), "new");
    expect(readFileSync(target, "utf8")).toBe("of another user");
    expect(readFileSync(join(folder, "manifest"), "utf8")).toBe("new");
  });

  test("leaves no temporary file when it cannot rename", async ({ folder }) => {
    await expect(replaceFile(folder, "text")).rejects.toThrow("EISDIR");
    await expect(replaceFile(join(folder, "missing", "manifest"), "text")).rejects.toThrow("ENOENT");
    expect(readdirSync(join(folder, ".."))).not.toContainEqual(expect.stringContaining(`${folder.split("/").at(-1)}.`));
  });
});
