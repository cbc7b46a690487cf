import { readdir } from "node:fs/promises";
import { join, posix, relative } from "node:path";
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

/** Returns the inputs of a build: the versions and sources of the module, the compiler, the programs with their flags. */
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
  // Other flags make another program of the same sources.
  const built = programs.map((program) => [program, flagsOf(program)]);
  return [compiler, JSON.stringify(built), ...files.flatMap((file) => [relative(module, file), { file }])];
}

/**
 * Builds programs of a Go module into a folder. They are static and stripped, and equal in every checkout.
 *
 * Programs with equal flags are built by one command: it reads the module once, and links them side by side.
 */
export async function buildGo(module: string, programs: readonly GoProgram[], folder: string): Promise<void> {
  for (const commands of groupsOf(programs)) {
    const [first] = commands;
    // Go names several files after the last part of each path. One file gets the name that it is given.
    const output = commands.length > 1 ? `${folder}/` : join(folder, first.name);
    await run("go", ["build", ...flagsOf(first), "-o", output, ...commands.map((program) => program.package)], {
      cwd: module,
      env: environmentOf(first),
      timeout: 45 * 60_000,
    });
  }
}

/**
 * Downloads the modules of programs, and no other, so that a later build finds them. Does nothing if they are present.
 * @param signal Ends the download. A later one continues with the modules that are missing.
 */
export async function downloadModules(
  module: string,
  programs: readonly GoProgram[],
  signal?: AbortSignal,
): Promise<void> {
  for (const commands of groupsOf(programs)) {
    await run("go", ["list", "-deps", ...commands.map((program) => program.package)], {
      cwd: module,
      env: environmentOf(commands[0]),
      timeout: 45 * 60_000,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** A module that a program is linked from. */
export interface LinkedModule {
  /** Import path, e.g. `k8s.io/api`. */
  readonly path: string;
  /** With a leading `v`; "" for the module that is built. */
  readonly version: string;
  /** Checksum as in go.sum, e.g. `h1:…`; "" for the module that is built. */
  readonly sum: string;
}

/**
 * Returns the modules that a program is linked from, sorted by path, without a build. A replacement counts as itself.
 * @param tests Whether the program is the tests of its package.
 */
export async function linkedModules(
  module: string,
  program: GoProgram,
  tests = false,
): Promise<readonly LinkedModule[]> {
  const fields = "{{.Path}} {{.Version}} {{.Sum}}";
  const format = `{{with .Module}}{{with .Replace}}${fields}{{else}}${fields}{{end}}{{end}}`;
  const text = await run("go", ["list", "-deps", ...(tests ? ["-test"] : []), "-f", format, program.package], {
    cwd: module,
    env: environmentOf(program),
    timeout: 10 * 60_000,
  });
  return [...new Set(text.split("\n"))]
    .filter((line) => line !== "")
    .sort()
    .map((line) => {
      const [path = "", version = "", sum = ""] = line.split(" ");
      return { path, version, sum };
    });
}

type Group = readonly [GoProgram, ...GoProgram[]];

/** Programs that one command can build: their flags are equal, and each has the name that Go would give it. */
function groupsOf(programs: readonly GoProgram[]): readonly Group[] {
  const keyOf = (program: GoProgram) =>
    posix.basename(program.package) === program.name
      ? JSON.stringify([flagsOf(program), program.cgo ?? false])
      : program.name;
  const groups = [...Map.groupBy(programs, keyOf).values()];
  return groups.flatMap(([first, ...rest]) => (first === undefined ? [] : [[first, ...rest]]));
}

/**
 * Flags of `go build` and `go test -c` for a program. The compiler makes no debugging information, because `-s -w` would drop it.
 * A program with parts in C resolves names and users in Go, as the others do. So they share packages of the standard library.
 */
export function flagsOf({ variables = {}, cgo = false }: GoProgram): readonly string[] {
  const assignments = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  const ldflags = ["-s", "-w", ...assignments, ...(cgo ? ["-extldflags -static"] : [])].join(" ");
  const tags = cgo ? ["-tags", "netgo,osusergo"] : [];
  return ["-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", ...tags, "-ldflags", ldflags];
}

/** Environment of Go for a program. */
export function environmentOf({ cgo = false }: GoProgram): Readonly<Record<string, string>> {
  return { ...environment, CGO_ENABLED: cgo ? "1" : "0" };
}
