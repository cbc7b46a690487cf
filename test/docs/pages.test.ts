import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { importLaw } from "../support/import-law.ts";
import { tableUnder } from "../support/markdown-table.ts";
import { checkout, inCheckout } from "../../lib/checkout.ts";

const architecture = readFileSync(inCheckout("docs", "architecture.md"), "utf8");
const contributing = readFileSync(inCheckout("CONTRIBUTING.md"), "utf8");

/** Words in backticks that are relative paths. An absolute path is one on a node. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`([^`\s]+)`/g)].flatMap(([, word = ""]) =>
    /^[\w.-]+(\/[\w.-]*)+$|^[\w-]+\.(ts|js|json|yaml|md)$/.test(word) && !word.includes(".local/") ? [word] : [],
  );
}

/** Folders with tracked files, one or two levels deep, each with a trailing slash. */
function folders(): string[] {
  const files = execFileSync("git", ["ls-files"], { cwd: checkout, encoding: "utf8" }).split("\n");
  const found = files.flatMap((file) => {
    const parts = file.split("/").slice(0, -1);
    return [parts.slice(0, 1), parts.slice(0, 2)]
      .filter(({ length }) => length > 0)
      .map((path) => `${path.join("/")}/`);
  });
  return [...new Set(found)];
}

/** Paths in a text that the checkout lacks. */
function missingPaths(text: string): string[] {
  return pathsIn(text).filter((path) => !existsSync(inCheckout(path)));
}

describe.each([
  { page: "docs/architecture.md", text: architecture, atLeast: 50 },
  { page: "CONTRIBUTING.md", text: contributing, atLeast: 30 },
])("$page", ({ text, atLeast }) => {
  test("names only files and folders that exist", () => {
    expect(pathsIn(text).length).toBeGreaterThan(atLeast);
    expect(missingPaths(text)).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  const changes = tableUnder(architecture, "## Where do I change X?");

  test("has a table of twelve usual changes", () => {
    expect(changes).toHaveLength(12);
  });

  test.each(changes)("names files and tests for the change of %s", (_, ...places) => {
    for (const place of places) expect(pathsIn(place)).not.toEqual([]);
  });

  test("states the law of imports that the linter enforces", () => {
    const stated = tableUnder(architecture, "### The law of imports").map(([area = "", allowed = ""]) =>
      allowed === "everything" ? "" : `${area.replaceAll("`", "")} may import ${allowed} only.`,
    );
    const enforced = [...JSON.stringify(importLaw).matchAll(/"message":"([^"]*)"/g)].map(([, message]) => message);
    expect(stated.filter(Boolean)).toEqual(enforced);
  });
});

describe("CONTRIBUTING.md", () => {
  test("shows every folder, two levels deep, with one line each", () => {
    const [, tree = ""] = /## The tree\n\n```\n(.*?)```/s.exec(contributing) ?? [];
    let top = "";
    const shown = tree
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [, indent = "", folder = ""] = /^( *)(\S+\/) +\S/.exec(line) ?? [];
        if (indent === "") top = folder;
        return indent === "" ? folder : `${top}${folder}`;
      });
    const all = folders();
    expect(shown.filter((folder) => !all.includes(folder))).toEqual([]);
    expect(new Set(shown).size).toBe(shown.length);
    const isMirror = (folder: string) => /^test\/(?!e2e|engine|support)/.test(folder);
    const unseen = all.filter((folder) => !shown.includes(folder) && !folder.startsWith(".") && !isMirror(folder));
    expect(unseen).toEqual([]);
  });
});
