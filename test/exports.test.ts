import { describe, expect, test } from "vitest";
import { parseModule, readModules, type SourceModule } from "./support/modules.ts";

/** Files whose exports a program reads: Pulumi takes the stack's outputs, Vitest its configuration. */
const entryPoints = ["index.ts", "vitest.config.ts"];

/** Returns the exported values that no other file imports. */
function unusedExports(modules: readonly SourceModule[]): readonly string[] {
  const used = new Set<string>();
  const whole = new Set<string>();
  for (const { imports } of modules) {
    for (const { file, names } of imports) {
      if (names === undefined) whole.add(file);
      for (const name of names ?? []) used.add(`${file} ${name}`);
    }
  }
  return modules
    .filter(({ file }) => !whole.has(file) && !entryPoints.includes(file))
    .flatMap(({ file, values }) => values.map((name) => `${file} ${name}`))
    .filter((value) => !used.has(value));
}

describe("an exported value", () => {
  test("is imported by another file, everywhere in the checkout", () => {
    const modules = readModules();
    expect(modules.length).toBeGreaterThan(300);
    expect(unusedExports(modules)).toEqual([]);
  });

  const exporting = parseModule(
    "lib/one.ts",
    [
      "export const a = 1, { b, c: [d] } = f();",
      "export function e() {}",
      "export class G {}",
      "export interface H {}",
      "export type I = 1;",
      "const j = 1;",
      "export { j as k, type H as L };",
      "const m = 1;",
    ].join("\n"),
  );

  test("is a constant, a function or a class, but not a type", () => {
    expect(unusedExports([exporting])).toEqual(["a", "b", "d", "e", "G", "k"].map((name) => `lib/one.ts ${name}`));
  });

  test.each([
    ['import { a as z, b, d, e, G } from "../lib/one.ts";', ["lib/one.ts k"]],
    [
      'export { a, b, d, e, k } from "../lib/one.ts";',
      ["lib/one.ts G", ..."abdek".split("").map((x) => `cli/two.ts ${x}`)],
    ],
    ['import * as one from "../lib/one.ts";', []],
    ['const one = await import("../lib/one.ts");', []],
    ['import "../lib/one.ts";', ["a", "b", "d", "e", "G", "k"].map((name) => `lib/one.ts ${name}`)],
    [
      'import { a, b, d, e, G, k } from "./lib/one.ts";',
      ["a", "b", "d", "e", "G", "k"].map((name) => `lib/one.ts ${name}`),
    ],
  ])("is used by %s only in part or whole", (text, unused) => {
    expect(unusedExports([exporting, parseModule("cli/two.ts", text)])).toEqual(unused);
  });
});
