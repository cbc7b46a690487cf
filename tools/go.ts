import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Input } from "../lib/cache.ts";
import { run } from "../lib/process.ts";

/** A program to build from a Go module. */
export interface GoProgram {
  /** Name of the file. */
  readonly name: string;
  /** Import path of its main package. */
  readonly package: string;
  /** Values of string variables that the linker sets, by import path and name. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether it has parts in C. It is linked statically, too. @default false */
  readonly cgo?: boolean;
}

/** File that has the checksums of the modules of a program, for the log. */
export const checkedByGo = "go.sum";

/**
 * Environment that overrides the user's own settings of Go. A module without an entry in go.sum is refused (`-mod=readonly`),
 * and a go.work in a folder above replaces no module. So go.sum proves every module, whatever GOPROXY or GONOSUMDB say.
 */
const environment = {
  // Without this, Debian's Go ignores the version in go.mod. Go's checksum database proves a downloaded compiler.
  GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? "auto",
  GOFLAGS: "-mod=readonly",
  GOWORK: "off",
};

/** Returns the inputs of the build of programs: the versions and sources of their module, the compiler, the programs. */
export async function goInputs(module: string, programs: readonly GoProgram[]): Promise<readonly Input[]> {
  const files = (await readdir(module, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && /^(go\.(mod|sum)|.*(?<!_test)\.go|.*\.json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const compiler = await run("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    cwd: module,
    env: environment,
    // The first call may download the compiler that go.mod names.
    timeout: 300_000,
  });
  return [compiler, JSON.stringify(programs), ...files.flatMap((file) => [relative(module, file), { file }])];
}

/** Builds programs of a Go module into a folder. They are static and stripped, and equal in every checkout. */
export async function buildGo(module: string, programs: readonly GoProgram[], folder: string): Promise<void> {
  for (const program of programs) {
    const variables = Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
    const ldflags = ["-s", "-w", ...variables, ...(program.cgo ? ["-extldflags -static"] : [])].join(" ");
    await run(
      "go",
      ["build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", join(folder, program.name), program.package],
      { cwd: module, env: { ...environment, CGO_ENABLED: program.cgo ? "1" : "0" }, timeout: 45 * 60_000 },
    );
  }
}
