import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { inCheckout } from "../lib/checkout.ts";

/** Folders whose files run only where the development dependencies are installed, or that npm installs themselves. */
const development = ["docs/**", "nix/**", "providers/**", "sdks/**", "test/**", "node_modules/**", "vitest.config.ts"];

/** Returns the modules that a source text imports at run time: not those of `import type`, which the compiler removes. */
function importsOf(text: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isErased =
      (ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
      (ts.isExportDeclaration(node) && node.isTypeOnly);
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && !isErased && node.moduleSpecifier) {
      if (ts.isStringLiteral(node.moduleSpecifier)) found.push(node.moduleSpecifier.text);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteral(argument)) found.push(argument.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest));
  return found;
}

/** Returns the package of a module, or undefined for a file of this project and a module of Node. */
function packageOf(module: string): string | undefined {
  if (module.startsWith(".") || isBuiltin(module)) return undefined;
  return module
    .split("/")
    .slice(0, module.startsWith("@") ? 2 : 1)
    .join("/");
}

describe("the dependencies in package.json", () => {
  const { dependencies } = JSON.parse(readFileSync(inCheckout("package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const files = globSync("**/*.ts", { cwd: inCheckout(), exclude: development });
  const imported = files.flatMap((file) =>
    importsOf(readFileSync(inCheckout(file), "utf8")).flatMap((module) => {
      const name = packageOf(module);
      return name === undefined ? [] : [{ file, name }];
    }),
  );

  test("name every package that a command or the program imports", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(imported.filter(({ name }) => !(name in dependencies))).toEqual([]);
  });

  test("name no package that nothing imports", () => {
    const names = new Set(imported.map(({ name }) => name));
    expect(Object.keys(dependencies).filter((name) => !names.has(name))).toEqual([]);
  });
});

test("an import counts unless the compiler removes it", () => {
  const text = `
    import "one";
    import { two } from "@scope/two/deep";
    import type { three } from "three";
    import { type four } from "four";
    export { five } from "five";
    export type { six } from "six";
    const seven = await import("seven");
    import { join } from "node:path";
    import { eight } from "./eight.ts";
  `;
  expect(importsOf(text).map(packageOf)).toEqual(["one", "@scope/two", "four", "five", "seven", undefined, undefined]);
});
