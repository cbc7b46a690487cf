import { cp, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripTypeScriptTypes } from "node:module";
import { describe, expect } from "vitest";
import { codeOf, sourceInputs } from "../../image/sources.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { test } from "../support/folder.ts";

describe("the key of a folder", () => {
  test("stays when the folder moves and its imports change with it", async ({ folder }) => {
    const [here, there] = [join(folder, "here"), join(folder, "deeper")];
    await cp(inCheckout("image", "debian"), here, { recursive: true });
    const before = await sourceInputs(here, (name) => name.endsWith(".ts"));
    await rename(here, there);
    for (const name of await readdir(there)) {
      if (!name.endsWith(".ts")) continue;
      const text = await readFile(join(there, name), "utf8");
      await writeFile(join(there, name), text.replaceAll('from "../', 'from "../../../'));
    }
    expect(await sourceInputs(there, (name) => name.endsWith(".ts"))).toEqual(before);
    expect(before.length).toBeGreaterThan(20);
  });

  test("changes with the name, the code and the data of a file that counts", async ({ folder }) => {
    await writeFile(join(folder, "build.ts"), "export const size = 1;\n");
    await writeFile(join(folder, "early-init.sh"), "mount\n");
    const before = await sourceInputs(folder);
    expect(before).toEqual([
      "build.ts",
      "export const size = 1;\n",
      "early-init.sh",
      { file: join(folder, "early-init.sh") },
    ]);

    await writeFile(join(folder, "build.ts"), "export const size = 2;\n");
    expect(await sourceInputs(folder)).not.toEqual(before);
    expect(await sourceInputs(folder, (name) => name.endsWith(".sh"))).toEqual(before.slice(2));
  });
});

describe("the code of a file", () => {
  test("has no imports and no comments", () => {
    const text = `import { join } from "node:path";
import {
  one,
  other,
} from "../lib/one.ts";

/**
 * Doubles a number.
 */
export function double(value: number): number {
  // Twice is enough.
  return 2 * value; // kept
}
`;
    expect(codeOf(text)).toBe("export function double(value: number): number {\n  return 2 * value; // kept\n}\n");
  });

  test("keeps every template of the Debian builder, because no line of one looks like a comment", async () => {
    // Removing the types keeps the lines of templates. A template that is missing from the code must be a comment.
    const files = (await readdir(inCheckout("image", "debian"))).filter((name) => name.endsWith(".ts"));
    for (const name of files) {
      const text = await readFile(inCheckout("image", "debian", name), "utf8");
      const templates = [...stripTypeScriptTypes(text).matchAll(/`(?:[^`\\]|\\.)*`/g)].map(([template]) => template);
      for (const template of templates.filter((template) => template.includes("\n"))) {
        if (codeOf(text).includes(template)) continue;
        // A pair of backquotes in two comments encloses code, not a template.
        expect(template, name).toMatch(/^`[^`]*\n *(\*|\/\/|\/\*\*)/);
      }
    }
    expect(files.length).toBeGreaterThan(10);
  });
});
