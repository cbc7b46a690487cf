import { rm, writeFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import { nixosSources } from "../../../image/nixos/build.ts";
import { test } from "../../support/folder.ts";
import { filesBelow, SourceCopy } from "../source-key.ts";

const flake = ["flake.nix", "flake.lock", ...(await filesBelow("nix"))];
const counted = [...flake, "image/nixos/build.ts", "image/manifest.ts"];

describe("the cache key of the NixOS image", () => {
  let copy: SourceCopy;
  test.beforeEach(async ({ folder }) => {
    copy = await new SourceCopy(folder, nixosSources).fill();
  });

  test.for(counted)("changes with the content of %s", async (path) => {
    const before = await copy.key();
    await copy.change(path, (text) => `${text}export const added = 1;\n`);
    expect(await copy.key()).not.toBe(before);
  });

  test("changes when a file of the flake is added or removed", async () => {
    const keys = [await copy.key()];
    await writeFile(copy.path("nix", "modules", "added.nix"), "{ }\n");
    keys.push(await copy.key());
    await rm(copy.path("nix", "modules", "kernel.nix"));
    keys.push(await copy.key());
    expect(new Set(keys).size).toBe(3);
  });

  test("stays when a page about the flake or other code changes", async () => {
    const before = await copy.key();
    await writeFile(copy.path("nix", "README.md"), "A page.\n");
    for (const path of (await filesBelow("image")).filter((path) => !counted.includes(path))) {
      await copy.change(path, (text) => `${text}\n# changed\n`);
    }
    expect(await copy.key()).toBe(before);
  });
});
