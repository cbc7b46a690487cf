import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { rememberedOrigin, rememberedSystem, rememberSystem } from "../../image/remembered.ts";
import { test } from "../support/folder.ts";

describe("the choice of a checkout", () => {
  test("is its system, with the parts of a Debian image's origin that were chosen", async ({ folder }) => {
    const file = join(folder, "node-image");
    for (const origin of [{}, { archive: "" }, { archive: "http://a/{archive}", release: "ab" }, { release: "ab" }]) {
      await rememberSystem("debian", file, origin);
      expect(rememberedSystem(file)).toBe("debian");
      expect(rememberedOrigin(file)).toEqual(origin);
    }
    await rememberSystem("nixos", file);
    expect(rememberedOrigin(file)).toEqual({});
  });

  test("is undefined without a file, and with another text", async ({ folder }) => {
    const file = join(folder, "node-image");
    expect([rememberedSystem(file), rememberedOrigin(file)]).toEqual([undefined, {}]);
    await writeFile(file, "windows\nmood good\n");
    expect([rememberedSystem(file), rememberedOrigin(file)]).toEqual([undefined, {}]);
  });

  test("may come from an earlier release, which wrote only the system", async ({ folder }) => {
    const file = join(folder, "node-image");
    await writeFile(file, "debian\n");
    expect([rememberedSystem(file), rememberedOrigin(file)]).toEqual(["debian", {}]);
  });
});
