import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { describe, expect } from "vitest";
import { parse } from "yaml";
import { inCheckout } from "../../lib/checkout.ts";
import { fencedCommands } from "../support/documented-commands.ts";
import { test } from "../support/folder.ts";
import { exampleStacks } from "../support/stack-files.ts";

const page = readFileSync(inCheckout("docs", "getting-started.md"), "utf8");

describe("docs/getting-started.md", () => {
  test("lists every example", () => {
    const listed = [...page.matchAll(/\]\(\.\.\/(examples\/[^)]+)\)/g)].map(([, path]) => path);
    expect(listed.sort()).toEqual(exampleStacks.map(({ path }) => path));
  });

  test("has a command to copy an example, which makes a valid stack of the same settings", ({ folder }) => {
    const [command = "", ...others] = fencedCommands(page).filter((line) => line.startsWith("sed "));
    expect(others).toEqual([]);
    mkdirSync(join(folder, "examples"));
    for (const { path, text } of exampleStacks) writeFileSync(join(folder, path), text);
    execaSync("sh", ["-ec", command], { cwd: folder });
    const copy = readFileSync(join(folder, "Pulumi.lab.yaml"), "utf8");
    const [, path] = / (examples\/\S+) /.exec(command) ?? [];
    const { text } = exampleStacks.find((stack) => stack.path === path)!;
    expect(copy.split("\n")[0]).toBe("# yaml-language-server: $schema=docs/stack.schema.json");
    expect(parse(copy)).toEqual(parse(text));
    expect(copy.split("\n").slice(1)).toEqual(text.split("\n").slice(1));
  });
});

describe("an example", () => {
  test("has a network of its own, so that all of them can run side by side", () => {
    const values = (key: string) => exampleStacks.map(({ settings }) => settings[key]);
    for (const key of ["networkCidr"]) expect(new Set(values(key)).size).toBe(exampleStacks.length);
    const names = exampleStacks.map(({ settings }) => settings.networkName ?? settings.network);
    expect(new Set(names).size).toBe(exampleStacks.length);
    expect([...names, ...values("networkCidr")]).not.toContain(undefined);
  });
});
