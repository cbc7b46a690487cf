import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "./folder.ts";

describe("the folder of a test", () => {
  const used: string[] = [];

  test.beforeEach(({ folder }) => {
    writeFileSync(join(folder, "from-a-hook"), "");
  });

  test.for(["one", "another"])("is new in %s test, and the same one in its hooks", (name, { folder }) => {
    expect(readdirSync(folder)).toEqual(["from-a-hook"]);
    used.push(folder);
    writeFileSync(join(folder, name), "");
  });

  test("is deleted after its test", () => {
    expect(used).toHaveLength(2);
    expect(used.map((folder) => existsSync(folder))).toEqual([false, false]);
  });
});
