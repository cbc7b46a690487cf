import { chmod, readFile, writeFile } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import { afterEach, expect, vi } from "vitest";
import { nodeBinaries, nodeModules } from "../../tools/node-binaries.ts";
import { test } from "../support/folder.ts";

const modules = ["kubernetes", "containerd", "etcd", "cni", "flannel", "kwok", "coredns"];
let root: string;

/** A compiler that only records its subcommand and its module. Only builds and downloads are recorded. */
test.beforeEach(async ({ folder }) => {
  root = folder;
  const compiler = join(root, "go");
  const record = `echo "$1 $(basename "$PWD")" >>"${root}/calls"`;
  await writeFile(compiler, `#!/bin/sh\n[ "$1" = env ] || ${record}\n`);
  await chmod(compiler, 0o755);
  vi.stubEnv("PATH", [root, process.env.PATH].join(delimiter));
  vi.stubEnv("XDG_CACHE_HOME", join(root, "cache"));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function calls(subcommand: string): Promise<readonly string[]> {
  const lines = (await readFile(join(root, "calls"), "utf8")).trimEnd().split("\n");
  return lines.filter((line) => line.startsWith(`${subcommand} `)).map((line) => line.slice(subcommand.length + 1));
}

/** Fetches the modules of every build. */
async function fetchModules(): Promise<void> {
  for (const { fetch } of nodeModules()) await fetch(new AbortController().signal);
}

test("each module is built once, in the same order", async () => {
  await nodeBinaries("containerd");
  expect(await calls("build")).toEqual(["containerd"]);
  expect(basename(await nodeBinaries())).toMatch(/^node-binaries-/);
  expect([...new Set(await calls("build"))]).toEqual([
    "containerd",
    ...modules.filter((name) => name !== "containerd"),
  ]);
  const builds = await calls("build");
  await nodeBinaries();
  expect(await calls("build")).toEqual(builds);
  expect(await calls("list")).toEqual([]);
});

test("the modules of the builds are fetched in the order of the builds, and nothing is built", async () => {
  await fetchModules();
  expect([...new Set(await calls("list"))]).toEqual(modules);
  expect(await calls("build")).toEqual([]);
});

test("the modules of programs that the cache has are not fetched", async () => {
  await nodeBinaries("kubernetes");
  await nodeBinaries("coredns");
  await fetchModules();
  expect([...new Set(await calls("list"))]).toEqual(["containerd", "etcd", "cni", "flannel", "kwok"]);
});
