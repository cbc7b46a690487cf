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
  /** String variables that the linker sets, by import path and name. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether it has C parts; it is linked statically all the same. @default false */
  readonly cgo?: boolean;
}

/** What vouches for the modules that a program is built from, in words. */
export const checkedByGo = "go.sum";

/**
 * What the operator's own settings do not change: a module that go.sum does not name is refused (`-mod=readonly`), and no
 * go.work of a folder above takes a module's place. Then go.sum vouches for every module, whatever GOPROXY or GONOSUMDB say.
 */
const environment = {
  // Debian's Go stays at its own version unless told that go.mod decides. Go's checksum database vouches for a compiler.
  GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? "auto",
  GOFLAGS: "-mod=readonly",
  GOWORK: "off",
};

/** What decides how programs of a module come out: its versions, its own sources, the compiler and the programs. */
export async function goInputs(module: string, programs: readonly GoProgram[]): Promise<readonly Input[]> {
  const files = (await readdir(module, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && /^(go\.(mod|sum)|.*(?<!_test)\.go|.*\.json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const compiler = await run("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    cwd: module,
    env: environment,
    // The first call may have to download the compiler that go.mod asks for.
    timeout: 300_000,
  });
  return [compiler, JSON.stringify(programs), ...files.flatMap((file) => [relative(module, file), { file }])];
}

/** Builds programs of a Go module into a folder: static, stripped, and the same from any checkout. */
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
