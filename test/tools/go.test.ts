import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { buildGo, downloadModules, goInputs, type GoProgram } from "../../tools/go.ts";
import { test } from "../support/folder.ts";

let root: string;

/** A compiler that only records its arguments, and whether it may use C. */
test.beforeEach(async ({ folder }) => {
  root = folder;
  const compiler = join(root, "go");
  await writeFile(compiler, `#!/bin/sh\necho "cgo=$CGO_ENABLED $*" >>"${root}/calls"\n`);
  await chmod(compiler, 0o755);
  vi.stubEnv("PATH", [root, process.env.PATH].join(delimiter));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function calls(): Promise<readonly string[]> {
  return (await readFile(join(root, "calls"), "utf8")).trimEnd().split("\n");
}

const client: GoProgram = { name: "client", package: "example.org/cmd/client" };
const server: GoProgram = { name: "server", package: "example.org/cmd/server" };
const compiler = "build -trimpath -buildvcs=false -gcflags=all=-dwarf=false";
const flags = `${compiler} -ldflags -s -w`;

describe("a build", () => {
  test("is one command for programs with equal flags", async () => {
    await buildGo(root, [client, server], "/out");
    expect(await calls()).toEqual([`cgo=0 ${flags} -o /out/ example.org/cmd/client example.org/cmd/server`]);
  });

  test("is one command for each set of variables", async () => {
    const variables = { "example.org/version.Version": "v1" };
    const later: GoProgram = { name: "later", package: "example.org/cmd/later", variables };
    await buildGo(root, [client, { ...server, variables }, later], "/out");
    expect(await calls()).toEqual([
      `cgo=0 ${flags} -o /out/client example.org/cmd/client`,
      `cgo=0 ${flags} -X example.org/version.Version=v1 -o /out/ example.org/cmd/server example.org/cmd/later`,
    ]);
  });

  test("is a command of its own for a program with parts in C", async () => {
    await buildGo(root, [client, { ...server, cgo: true }], "/out");
    expect(await calls()).toEqual([
      `cgo=0 ${flags} -o /out/client example.org/cmd/client`,
      `cgo=1 ${compiler} -tags netgo,osusergo -ldflags -s -w -extldflags -static -o /out/server example.org/cmd/server`,
    ]);
  });

  test("is a command of its own for a program whose name differs from its package's", async () => {
    const renamed: GoProgram = { name: "daemon", package: "example.org/cmd/other" };
    await buildGo(root, [client, renamed, server], "/out");
    expect(await calls()).toEqual([
      `cgo=0 ${flags} -o /out/ example.org/cmd/client example.org/cmd/server`,
      `cgo=0 ${flags} -o /out/daemon example.org/cmd/other`,
    ]);
  });
});

describe("the inputs of a build", () => {
  const program: GoProgram = { ...client, cgo: true, variables: { "example.org/version.Version": "v1" } };
  const textOf = async (...programs: readonly GoProgram[]) => JSON.stringify(await goInputs(root, programs));

  test("have every flag of the build", async () => {
    await buildGo(root, [program], "/out");
    const [build = ""] = await calls();
    const inputs = await textOf(program);
    const flags = build.slice(build.indexOf("-trimpath"), build.indexOf(" -o ")).replace("-ldflags ", "").split(" ");
    expect(flags.length).toBeGreaterThan(6);
    expect(flags.filter((flag) => !inputs.includes(flag))).toEqual([]);
    expect(inputs).toContain("-ldflags");
  });

  test("differ for another variable, another package and parts in C", async () => {
    const others: readonly GoProgram[] = [
      program,
      { ...program, variables: { "example.org/version.Version": "v2" } },
      { ...program, package: server.package },
      { ...program, cgo: false },
    ];
    const inputs = await Promise.all(others.map((other) => textOf(other)));
    expect(new Set(inputs).size).toBe(others.length);
    expect(await textOf(program)).toBe(inputs[0]);
  });
});

test("a download of modules names the packages of the programs, and builds nothing", async () => {
  await downloadModules(root, [client, server, { ...server, cgo: true }]);
  expect(await calls()).toEqual([
    "cgo=0 list -deps example.org/cmd/client example.org/cmd/server",
    "cgo=1 list -deps example.org/cmd/server",
  ]);
});
