import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, expect } from "vitest";
import { debianSources } from "../../image/debian-image.ts";
import { lookUp } from "../../lib/cache.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { test } from "../support/folder.ts";

/** Folders and files whose copies make a checkout for {@link debianSources}. */
const copied = ["image", "nix"];

/** Every file below a folder of the checkout, by its path within the checkout. */
async function filesBelow(...folder: string[]): Promise<readonly string[]> {
  const entries = await readdir(inCheckout(...folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(inCheckout(), join(entry.parentPath, entry.name)))
    .sort();
}

const builder = await filesBelow("image", "debian");
const shared = ["image/declaration.ts", "image/manifest.ts"];
const declared = (await filesBelow("nix")).filter((path) => !/\.(nix|lock)$/.test(path));
const counted = [...builder, ...shared, ...declared];

describe("the cache key of the Debian image", () => {
  let checkout: string;
  const key = async () => (await lookUp({ name: "key", inputs: await debianSources(checkout) })).folder;
  const change = async (path: string, edit: (text: string) => string) => {
    const file = join(checkout, path);
    await writeFile(file, edit(await readFile(file, "utf8")));
  };
  test.beforeEach(async ({ folder }) => {
    checkout = folder;
    for (const name of copied) await cp(inCheckout(name), join(folder, name), { recursive: true });
  });

  test("counts the declaration, its files, the program of the pause image and the builder", () => {
    expect(declared).toEqual(expect.arrayContaining(["nix/node.toml", "nix/files/machine.sh", "nix/pause.c"]));
    expect(builder).toEqual(expect.arrayContaining(["image/debian/debian.toml", "image/debian/early-init.sh"]));
    expect(counted.length).toBeGreaterThan(30);
  });

  for (const path of counted) {
    test(`changes with the content of ${path}`, async () => {
      const before = await key();
      await change(path, (text) => `${text}export const added = 1;\n`);
      expect(await key()).not.toBe(before);
    });
  }

  test("changes when a file of the builder or of the declaration is added, renamed or removed", async () => {
    const keys = [await key()];
    await writeFile(join(checkout, "nix", "files", "added.conf"), "");
    keys.push(await key());
    await cp(join(checkout, "nix", "files", "added.conf"), join(checkout, "image", "debian", "added.conf"));
    await rm(join(checkout, "nix", "files", "added.conf"));
    keys.push(await key());
    await rm(join(checkout, "image", "debian", "early-init.sh"));
    keys.push(await key());
    expect(new Set(keys).size).toBe(4);
  });

  test("stays when a file changes that only NixOS or the program reads", async () => {
    const before = await key();
    const others = (await filesBelow("nix")).filter((path) => /\.(nix|lock)$/.test(path));
    const ofProgram = (await filesBelow("image")).filter((path) => !counted.includes(path));
    expect(others.length).toBeGreaterThan(20);
    expect(ofProgram).toContain("image/manifest-reader.ts");
    for (const path of [...others, ...ofProgram]) await change(path, (text) => `${text}\n# changed\n`);
    expect(await key()).toBe(before);
  });

  test("stays when a comment or an import of a TypeScript file changes", async () => {
    const before = await key();
    for (const path of counted.filter((path) => path.endsWith(".ts"))) {
      await change(path, (text) =>
        `// A comment.\n${text}/** Another one. */\n`.replaceAll('from "./', 'from "../debian/'),
      );
    }
    expect(await key()).toBe(before);
  });
});

/** Code outside of the key that the builder imports, and the reason why a change of it makes the same image. */
const exceptions: Readonly<Record<string, string>> = {
  "lib/checkout.ts": "paths within the checkout",
  "lib/files.ts": "the hash of a file, which the manifest states",
  "lib/process.ts": "runs programs; the builder states their arguments",
  "tools/image-tools.ts": "programs that the machine must have",
};

describe("code that the Debian builder imports", () => {
  test("is part of the key, or known not to change the image", async () => {
    const found = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (found.has(path)) return;
      found.add(path);
      if (path in exceptions) return;
      const text = await readFile(inCheckout(path), "utf8");
      const imports = text.matchAll(/^(?:import|export) (?!type )[^;]*? from "(\.[^"]+)";$/gms);
      for (const [, name = ""] of imports) await follow(join(dirname(path), name));
    };
    for (const path of builder.filter((path) => path.endsWith(".ts"))) await follow(path);
    expect([...found].filter((path) => !counted.includes(path)).sort()).toEqual(Object.keys(exceptions).sort());
  });
});
