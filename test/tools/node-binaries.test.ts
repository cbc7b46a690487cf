import { chmod, readFile, writeFile } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import { afterEach, expect, vi } from "vitest";
import { nodeBinaries } from "../../tools/node-binaries.ts";
import { test } from "../support/folder.ts";

const modules = ["kubernetes", "containerd", "etcd", "cni", "flannel", "coredns"];
let root: string;

/** A compiler that only records its subcommand and its module. Only builds and downloads are recorded. */
test.beforeEach(async ({ folder }) => {
  root = folder;
  const compiler = join(root, "go");
  const record = `echo "$1 $(basename "$PWD")" >>"${root}/calls"`;
  await writeFile(compiler, `#!/bin/sh\n[ "$1" = env ] || ${record}\n[ "$1$BROKEN" != list1 ]\n`);
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

test("the modules of each build are downloaded during the build before", async () => {
  await nodeBinaries();
  expect([...new Set(await calls("build"))]).toEqual(modules);
  expect(await calls("list")).toEqual(modules.slice(1));
});

test("modules of programs that the cache has are not downloaded", async () => {
  await nodeBinaries("containerd");
  await nodeBinaries("coredns");
  expect(await calls("build")).toEqual(["containerd", "coredns"]);
  await nodeBinaries();
  expect(await calls("list")).toEqual(["etcd", "cni", "flannel"]);
  const builds = await calls("build");
  await nodeBinaries();
  expect(await calls("build")).toEqual(builds);
  expect(await calls("list")).toHaveLength(3);
});

test("a failed download does not stop the build, which reports what is unavailable", async () => {
  vi.stubEnv("BROKEN", "1");
  expect(basename(await nodeBinaries())).toMatch(/^node-binaries-/);
  expect(await calls("list")).toEqual(modules.slice(1));
});
