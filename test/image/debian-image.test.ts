import { cp, rm, writeFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import { debianSources, originInputs } from "../../image/debian-image.ts";
import { test } from "../support/folder.ts";
import { filesBelow, importsOf, SourceCopy } from "./source-key.ts";

const builder = await filesBelow("image", "debian");
const shared = ["image/declaration.ts", "image/manifest.ts"];
const declared = (await filesBelow("nix")).filter((path) => !/\.(nix|lock)$/.test(path));
const counted = [...builder, ...shared, ...declared];

/** Code outside of the key that the builder imports, and the reason why a change of it makes the same image. */
const exceptions: Readonly<Record<string, string>> = {
  "lib/checkout.ts": "paths within the checkout",
  "lib/digest.ts": "SHA-256 digests",
  "lib/process.ts": "runs programs; the builder states their arguments",
  "tools/image-tools.ts": "programs that the machine must have",
};

describe("the cache key of the Debian image", () => {
  let copy: SourceCopy;
  test.beforeEach(async ({ folder }) => {
    copy = await new SourceCopy(folder, debianSources).fill();
  });

  test("counts the declaration, its files, the program of the pause image and the builder", () => {
    expect(declared).toEqual(expect.arrayContaining(["nix/node.toml", "nix/files/machine.sh", "nix/pause.c"]));
    expect(builder).toEqual(expect.arrayContaining(["image/debian/debian.toml", "image/debian/early-init.sh"]));
    expect(counted.length).toBeGreaterThan(30);
  });

  test.for(counted)("changes with the content of %s", async (path) => {
    const before = await copy.key();
    await copy.change(path, (text) => `${text}export const added = 1;\n`);
    expect(await copy.key()).not.toBe(before);
  });

  test("changes when a file of the declaration or of the builder is added, moved or removed", async () => {
    const keys = [await copy.key()];
    await writeFile(copy.path("nix", "files", "added.conf"), "");
    keys.push(await copy.key());
    await cp(copy.path("nix", "files", "added.conf"), copy.path("image", "debian", "added.conf"));
    await rm(copy.path("nix", "files", "added.conf"));
    keys.push(await copy.key());
    await rm(copy.path("image", "debian", "early-init.sh"));
    keys.push(await copy.key());
    expect(new Set(keys).size).toBe(4);
  });

  test("stays when a file changes that only NixOS or the program reads", async () => {
    const before = await copy.key();
    const others = [...(await filesBelow("nix")), ...(await filesBelow("image"))].filter(
      (path) => !counted.includes(path),
    );
    expect(others).toEqual(
      expect.arrayContaining(["nix/shell.nix", "nix/modules/kubelet.nix", "image/manifest-reader.ts"]),
    );
    for (const path of others) await copy.change(path, (text) => `${text}\n# changed\n`);
    expect(await copy.key()).toBe(before);
  });

  test("stays when a comment or an import of a TypeScript file changes", async () => {
    const before = await copy.key();
    for (const path of counted.filter((path) => path.endsWith(".ts"))) {
      await copy.change(path, (text) =>
        `// A comment.\n${text}/** Another one. */\n`.replaceAll('from "./', 'from "../debian/'),
      );
    }
    expect(await copy.key()).toBe(before);
  });

  test("counts all code that the builder imports, except code that cannot change the image", async () => {
    const code = builder.filter((path) => path.endsWith(".ts"));
    const found = await importsOf(code, (path) => path in exceptions);
    expect([...found].filter((path) => !counted.includes(path)).sort()).toEqual(Object.keys(exceptions).sort());
  });
});

test("the origin of a Debian image is part of its key only if it was chosen", () => {
  expect(originInputs({})).toEqual([]);
  expect(originInputs({ archive: "" })).toEqual([]);
  const [one, other] = [{ archive: "http://a/{archive}" }, { release: "ab" }];
  expect(originInputs(one)).toEqual(["archive http://a/{archive}", "release "]);
  expect(originInputs(other)).toEqual(["archive ", "release ab"]);
});
