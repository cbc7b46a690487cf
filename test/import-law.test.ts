import { globSync } from "node:fs";
import { dirname, relative } from "node:path";
import { Linter } from "eslint";
import { describe, expect, test } from "vitest";
import { importLaw as law } from "./support/import-law.ts";
import { parseModule, readModules, type SourceModule } from "./support/modules.ts";

/** Returns the problems that the linter reports for a file that imports another one. */
function problemsOf(file: string, imported: string): readonly string[] {
  // ESLint reads no file that only patterns ending in ** name.
  const config: Linter.Config[] = [{ files: ["**/*.ts"] }, ...law];
  const problems = new Linter().verify(`import "${imported}";\n`, config, { filename: file });
  return problems.map(({ message }) => message);
}

describe("the law of imports", () => {
  test.each([
    ["lib/process.ts", "./log.ts"],
    ["libvirt/virsh.ts", "../lib/process.ts"],
    ["tools/go.ts", "../lib/cache.ts"],
    ["image/debian/build.ts", "../../tools/image-tools.ts"],
    ["image/mismatch.ts", "../libvirt/virtualisation.ts"],
    ["components/worker.ts", "../lifecycle/prior-state.ts"],
    ["components/worker.ts", "../topology.ts"],
    ["config/image.ts", "../image/location.ts"],
    ["index.ts", "./libvirt/virsh.ts"],
    ["policy/step-rules.ts", "../names.ts"],
    ["policy/domain-rules.ts", "../libvirt/uri.ts"],
    ["cli/commands/up.ts", "../../config/index.ts"],
    ["cli/commands/up.ts", "../../tools/kubectl.ts"],
  ])("lets %s import %s", (file, imported) => {
    expect(problemsOf(file, imported)).toEqual([]);
  });

  test.each([
    ["lib/process.ts", "../libvirt/virsh.ts", "lib may import itself only."],
    ["lib/process.ts", "../topology.ts", "lib may import itself only."],
    ["libvirt/host.ts", "../preflight/desired.ts", "libvirt may import itself, lib only."],
    ["libvirt/host.ts", "../tools/kubectl.ts", "libvirt may import itself, lib only."],
    ["tools/requirements.ts", "../image/debian/disk.ts", "tools may import itself, lib only."],
    ["image/provide.ts", "../cli/stack/settings.ts", "image may import itself, lib, libvirt, tools only."],
    ["image/debian/build.ts", "../../config/index.ts", "image may import itself, lib, libvirt, tools only."],
    ["components/worker.ts", "../cli/session.ts", "program may import itself, lib, libvirt, image only."],
    ["config/image.ts", "../tools/go.ts", "program may import itself, lib, libvirt, image only."],
    ["index.ts", "./cli/session.ts", "program may import itself, lib, libvirt, image only."],
    ["policy/rules.ts", "../cli/session.ts", "policy may import itself, lib, libvirt, program only."],
    ["policy/rules.ts", "../tools/go.ts", "policy may import itself, lib, libvirt, program only."],
    ["config/index.ts", "../policy/rules.ts", "program may import itself, lib, libvirt, image only."],
    ["operator/virsh.ts", "../cli/session.ts", "program may import itself, lib, libvirt, image only."],
  ])("keeps %s from importing %s", (file, imported, message) => {
    expect(problemsOf(file, imported)).toEqual([
      `'${imported}' import is restricted from being used by a pattern. ${message}`,
    ]);
  });

  test("knows every folder with code", () => {
    const folders = new Set(globSync("*/**/*.ts", { exclude: ["node_modules/**"] }).map((path) => path.split("/")[0]));
    const outside = ["bench", "benchmarks", "docs", "nix", "providers", "sdks", "test", "cli"];
    const known = law.flatMap(({ files }) => files ?? []).map((pattern) => String(pattern).split("/")[0]);
    expect(
      [...folders].filter((folder) => folder !== undefined && !outside.includes(folder) && !known.includes(folder)),
    ).toEqual([]);
  });
});

/** Returns each cycle of imports once, as the files that import one another. An import of a type counts, too. */
function cycles(modules: readonly SourceModule[]): readonly (readonly string[])[] {
  const imports = new Map(modules.map((module) => [module.file, module.imports.map(({ file }) => file)]));
  const finished = new Set<string>();
  const found: (readonly string[])[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) found.push(path.slice(path.indexOf(file)));
    if (finished.has(file) || path.includes(file)) return;
    for (const imported of imports.get(file) ?? []) visit(imported, [...path, file]);
    finished.add(file);
  };
  for (const { file } of modules) visit(file, []);
  return found;
}

/**
 * Order of the folders and files in cli/. Each may import itself and the earlier ones. The groups are a stack, its session, the
 * records of runs, the steps of a command, and the commands.
 */
const order = [
  ...[
    "stack",
    "state-service",
    "proxy.ts",
    "hypervisor-uri.ts",
    "ssh-key.ts",
    "sightings.ts",
    "environment.ts",
    "early-downloads.ts",
    "pulumi-options.ts",
    "engine-events",
    "session.ts",
    "node-ssh.ts",
  ],
  ...[
    "runs",
    "recovery",
    "kubeconfig",
    "diagnose",
    "machines",
    "backup",
    "overview",
    "cis",
    "graph",
    "consent",
    "doctor",
    "roll",
    "bench",
    "progress",
    "preview.ts",
    "plan",
    "up.ts",
    "sbom",
    "completion",
    "commands",
    "main.ts",
  ],
];

/** Returns the imports of modules in cli/ that go against {@link order}. */
function misplaced(modules: readonly SourceModule[]): readonly string[] {
  const placeOf = (file: string) => order.indexOf(file.split("/")[1] ?? "");
  return modules
    .filter(({ file }) => file.startsWith("cli/"))
    .flatMap(({ file, imports }) =>
      imports
        .filter((imported) => imported.file.startsWith("cli/") && placeOf(imported.file) > placeOf(file))
        .map((imported) => `${file} imports ${imported.file}`),
    );
}

/** Returns the file and the path of each `import()`. The linter's rule does not see these. */
function lazyImports(modules: readonly SourceModule[]): readonly (readonly [file: string, path: string])[] {
  return modules.flatMap(({ file, imports }) =>
    imports
      .filter(({ isStatic }) => !isStatic)
      .map((imported) => [file, relative(dirname(file), imported.file).replace(/^(?!\.)/, "./")] as const),
  );
}

/** Returns what the law says of each `import()` against it. */
function unlawfulLazyImports(modules: readonly SourceModule[]): readonly string[] {
  const problems = lazyImports(modules).flatMap(([file, path]) => problemsOf(file, path));
  return problems.map((problem) => problem.replace(/^.* by a pattern\. /, ""));
}

describe("the imports of the checkout", () => {
  const modules = readModules();

  test("have no cycle", () => {
    expect(modules.length).toBeGreaterThan(300);
    expect(cycles(modules)).toEqual([]);
  });

  test("follow the order of cli/", () => {
    const places = globSync("cli/*").map((path) => path.slice("cli/".length));
    expect(places.sort()).toEqual([...order].sort());
    expect(misplaced(modules)).toEqual([]);
  });

  test("follow the law, also by import()", () => {
    expect(lazyImports(modules)).toContainEqual(["cli/commands/all.ts", "./up.ts"]);
    expect(unlawfulLazyImports(modules)).toEqual([]);
  });
});

test("an import() against the law is found", () => {
  const text = 'await import("../libvirt/virsh.ts");\nawait import("./log.ts");';
  expect(unlawfulLazyImports([parseModule("lib/process.ts", text)])).toEqual(["lib may import itself only."]);
  expect(unlawfulLazyImports([parseModule("test/lib/process.test.ts", text)])).toEqual([]);
});

describe("a cycle of imports", () => {
  const module = (file: string, ...lines: readonly string[]) => parseModule(file, lines.join("\n"));

  test.each([
    ["a value", 'import { b } from "./b.ts";'],
    ["a type", 'import type { B } from "./b.ts";'],
    ["a type in place", 'type B = import("./b.ts").B;'],
    ["import()", 'const b = await import("./b.ts");'],
    ["a re-export", 'export { b } from "./b.ts";'],
  ])("is found by an import of %s", (_, text) => {
    const back = module("lib/b.ts", 'import { c } from "./c.ts";');
    const on = module("lib/c.ts", 'import { a } from "./a.ts";');
    expect(cycles([module("lib/a.ts", text), back, on])).toEqual([["lib/a.ts", "lib/b.ts", "lib/c.ts"]]);
  });

  test("is none where two files import a third", () => {
    const [a, b] = [module("lib/a.ts", 'import "./b.ts";', 'import "./c.ts";'), module("lib/b.ts", 'import "./c.ts";')];
    expect(cycles([a, b, module("lib/c.ts", 'import "node:fs";')])).toEqual([]);
  });
});

test("the order of cli/ refuses an import of a later folder only", () => {
  const [state, up] = ["cli/stack/state.ts", "cli/commands/up.ts"];
  expect(misplaced([parseModule(state, 'import type { Session } from "../session.ts";')])).toEqual([
    "cli/stack/state.ts imports cli/session.ts",
  ]);
  expect(
    misplaced([parseModule(up, 'import { readState } from "../stack/state.ts";\nimport "./options.ts";')]),
  ).toEqual([]);
});
