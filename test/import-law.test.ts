import { globSync } from "node:fs";
import { Linter } from "eslint";
import { describe, expect, test } from "vitest";
import { importLaw as law } from "./support/import-law.ts";

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
    ["operator/virsh.ts", "../cli/session.ts", "program may import itself, lib, libvirt, image only."],
  ])("keeps %s from importing %s", (file, imported, message) => {
    expect(problemsOf(file, imported)).toEqual([
      `'${imported}' import is restricted from being used by a pattern. ${message}`,
    ]);
  });

  test("knows every folder with code", () => {
    const folders = new Set(globSync("*/**/*.ts", { exclude: ["node_modules/**"] }).map((path) => path.split("/")[0]));
    const outside = ["docs", "nix", "providers", "sdks", "test", "cli"];
    const known = law.flatMap(({ files }) => files ?? []).map((pattern) => String(pattern).split("/")[0]);
    expect(
      [...folders].filter((folder) => folder !== undefined && !outside.includes(folder) && !known.includes(folder)),
    ).toEqual([]);
  });
});
