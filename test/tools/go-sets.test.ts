import { relative } from "node:path";
import { expect, test } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { commandSets, developerSets, goSets, releasedSets } from "../../tools/go-sets.ts";
import { pins, versions } from "../../tools/versions.ts";
import { trackedGoModules } from "../support/go-modules.ts";

const folders = (sets: typeof goSets) => sets.map(({ folder }) => relative(inCheckout(), folder)).sort();

test("the inventories have every Go module that git has, each once", async () => {
  const tracked = await trackedGoModules();
  expect(tracked).toContain("providers/libvirt");
  expect(folders(goSets)).toEqual(tracked);
});

test("every module has programs, and each program one name in it", () => {
  for (const { folder, programs } of goSets) {
    expect(programs.length, folder).toBeGreaterThan(0);
    expect(new Set(programs.map(({ name }) => name)).size, folder).toBe(programs.length);
  }
});

test("etcdutl is a program of commands, and etcd one of nodes", () => {
  expect(folders(commandSets)).toContain("tools/go/etcdutl");
  expect(folders(commandSets)).not.toContain("tools/go/etcd");
  expect(folders(goSets)).toContain("tools/go/etcd");
});

test("a release has the programs of commands, except for those whose project releases them", () => {
  expect(folders(releasedSets)).toEqual(["providers/libvirt", "tools/fallback-plugins", "tools/go/etcdutl"]);
  const others = folders(commandSets).filter((folder) => !folders(releasedSets).includes(folder));
  expect(others).toEqual(["tools/go/language-nodejs", "tools/go/pulumi"]);
  // One archive of Pulumi has both programs.
  for (const architecture of ["x64", "arm64"]) {
    expect(Object.keys(pins)).toContain(`pulumi-v${versions.pulumi}-linux-${architecture}.tar.gz`);
  }
});

test("the tools of developers and the scheduler to copy are no programs of commands", () => {
  expect(folders(developerSets)).toEqual([
    "bench/reference/scheduler-perf",
    "benchmarks/schedulers/example",
    "tools/go/actionlint",
    "tools/go/conformance",
    "tools/go/govulncheck",
    "tools/go/opentofu",
    "tools/go/vale",
  ]);
  const tests = developerSets.filter((set) => set.tests === true);
  expect(folders(tests)).toEqual(["bench/reference/scheduler-perf", "tools/go/conformance"]);
});
