import { existsSync } from "node:fs";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "../support/folder.ts";
import { withPrivateFolders } from "./private-folders.ts";

describe("the folders of a run", () => {
  test("are closed to other users, and gone afterwards", async ({ folder }) => {
    const seen = await withPrivateFolders(
      "dev",
      async ({ access, temporary }) => {
        await writeFile(join(access, "kubeconfig"), "secret");
        const modes = await Promise.all([access, temporary].map(async (path) => (await stat(path)).mode & 0o777));
        return { access, temporary, modes };
      },
      folder,
    );
    expect(seen.modes).toEqual([0o700, 0o700]);
    expect([seen.access, seen.temporary].filter((path) => existsSync(path))).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test("are gone after a failure, too", async ({ folder }) => {
    const failing = withPrivateFolders("dev", () => Promise.reject(new Error("the cluster is gone")), folder);
    await expect(failing).rejects.toThrow("the cluster is gone");
    expect(await readdir(folder)).toEqual([]);
  });

  test("of a killed run are removed by the next one, and no other folder is", async ({ folder }) => {
    // No process has this number, because Linux gives none above 2^22.
    const killed = "conformance-dev.partial-4194999-1-0badcafe";
    const others = ["conformance-lab.partial-4194999-1-0badcafe", `conformance-dev.partial-${process.ppid}-0badcafe`];
    for (const name of [killed, ...others]) await mkdir(join(folder, name));
    await withPrivateFolders("dev", () => Promise.resolve(), folder);
    expect((await readdir(folder)).sort()).toEqual(others.sort());
  });
});
