import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, vi } from "vitest";
import { controlPlaneFolder } from "../../../bench/control-plane/folder.ts";
import { processIdentity } from "../../../lib/process-identity.ts";
import { test } from "../../support/folder.ts";

/** Makes a folder of a control plane whose process has ended. */
async function abandon(root: string, name = "nodeforge-native-killed"): Promise<string> {
  const path = join(root, name);
  await mkdir(path);
  await writeFile(join(path, "process"), (await processIdentity()).replace(/\d+$/, "1"));
  return path;
}

describe("the folder of a control plane", () => {
  test("is its owner's, and names the process", async ({ folder }) => {
    const path = await controlPlaneFolder(folder);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(path, "process"), "utf8")).toBe(await processIdentity());
  });

  test("takes the place of one that a killed process has left", async ({ folder }) => {
    const killed = await abandon(folder);
    const path = await controlPlaneFolder(folder);
    expect(existsSync(killed)).toBe(false);
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([path]);
  });

  test("leaves that of a living process, one without a process, and every other folder", async ({ folder }) => {
    const living = await controlPlaneFolder(folder);
    await mkdir(join(folder, "nodeforge-native-new"));
    const other = await abandon(folder, "other");
    await controlPlaneFolder(folder);
    expect(readdirSync(folder)).toHaveLength(4);
    expect([living, join(folder, "nodeforge-native-new"), other].filter((path) => !existsSync(path))).toEqual([]);
  });

  test("leaves that of another user", async ({ folder }) => {
    const killed = await abandon(folder);
    vi.spyOn(process, "getuid").mockReturnValue(12_345);
    onTestFinished(() => void vi.restoreAllMocks());
    await controlPlaneFolder(folder);
    expect(existsSync(killed)).toBe(true);
  });
});
