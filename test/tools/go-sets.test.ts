import { readdirSync } from "node:fs";
import { relative } from "node:path";
import { expect, test } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { commandSets, goSets } from "../../tools/go-sets.ts";

/** Modules whose programs only developers run: checks, conformance tests, and a benchmark beside nodeforge. */
const ofDevelopers = ["actionlint", "conformance", "govulncheck", "opentofu", "vale"];
const folders = (sets: typeof goSets) => sets.map(({ folder }) => relative(inCheckout(), folder)).sort();

test("the inventories have every Go module of a user, each once", () => {
  const present = readdirSync(inCheckout("tools", "go"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ofDevelopers.includes(entry.name))
    .map(({ name }) => `tools/go/${name}`);
  expect(folders(goSets)).toEqual([...present, "providers/libvirt", "tools/fallback-plugins"].sort());
});

test("etcdutl is a program of commands, and etcd one of nodes", () => {
  expect(folders(commandSets)).toContain("tools/go/etcdutl");
  expect(folders(commandSets)).not.toContain("tools/go/etcd");
  expect(folders(goSets)).toContain("tools/go/etcd");
});
