import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inCheckout } from "../lib/checkout.ts";
import { parseModule, readModules } from "./support/modules.ts";

/** Files that need the development dependencies. */
const isDevelopment = /^(bench|docs|nix|providers|test)\/|^vitest\.config\.ts$/;

describe("the dependencies in package.json", () => {
  const { dependencies } = JSON.parse(readFileSync(inCheckout("package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const modules = readModules().filter(({ file }) => !isDevelopment.test(file));
  const imported = modules.flatMap(({ file, packages }) => packages.map((name) => ({ file, name })));

  test("name every package that a command or the program imports", () => {
    expect(modules.length).toBeGreaterThan(100);
    expect(imported.filter(({ name }) => !(name in dependencies))).toEqual([]);
  });

  test("name no package that nothing imports", () => {
    const names = new Set(imported.map(({ name }) => name));
    expect(Object.keys(dependencies).filter((name) => !names.has(name))).toEqual([]);
  });
});

test("an import of a package counts unless the compiler removes it", () => {
  const text = `
    import "one";
    import { two } from "@scope/two/deep";
    import type { three } from "three";
    import { type four } from "four";
    export { five } from "five";
    export type { six } from "six";
    const seven = await import("seven");
    type Eight = import("eight").Eight;
    import { join } from "node:path";
    import { nine } from "./nine.ts";
  `;
  expect(parseModule("lib/a.ts", text).packages).toEqual(["one", "@scope/two", "four", "five", "seven"]);
});
