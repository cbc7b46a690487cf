import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { goTestProgram, goTestRecipe, type GoTestModule } from "../../tools/go-test.ts";
import { test } from "../support/folder.ts";

let module: GoTestModule;

/** A compiler that records its arguments, and writes the program of a build. */
test.beforeEach(async ({ folder }) => {
  const compiler = join(folder, "go");
  const build = `out=$(echo "$*" | sed 's/.* -o \\([^ ]*\\) .*/\\1/'); echo program >"$out"`;
  const script = `#!/bin/sh\necho "cgo=$CGO_ENABLED $*" >>"${folder}/calls"\ncase $1 in test) ${build} ;; esac\n`;
  await writeFile(compiler, script);
  await chmod(compiler, 0o755);
  await writeFile(join(folder, "go.mod"), "module example.org/tests\n");
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
  vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
  module = { folder, program: { name: "suite", package: "example.org/test/suite" }, estimate: "1 min" };
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the tests of a package", () => {
  test("become a static program, and are built once", async ({ folder }) => {
    const path = await goTestProgram(module);
    expect(await readFile(path, "utf8")).toBe("program\n");
    expect(await goTestProgram(module)).toBe(path);
    const builds = (await readFile(join(folder, "calls"), "utf8"))
      .split("\n")
      .filter((call) => call.includes(" test "));
    expect(builds).toEqual([
      expect.stringMatching(
        /^cgo=0 test -c -trimpath -buildvcs=false -gcflags=all=-dwarf=false -ldflags -s -w -o \S+\/suite example\.org\/test\/suite$/,
      ),
    ]);
  });

  test("are built again for another version of a module", async ({ folder }) => {
    const before = await goTestProgram(module);
    await writeFile(join(folder, "go.mod"), "module example.org/tests\n\nrequire example.org/other v1.0.1\n");
    expect(await goTestProgram(module)).not.toBe(before);
  });

  test("are another program than the commands of the same package", async () => {
    expect((await goTestRecipe(module)).inputs).toContain("go test -c");
  });
});
