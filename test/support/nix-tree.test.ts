import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { test } from "./folder.ts";
import { evaluateTree, nixpkgsTree, nixVersion, problemOf, quoted, warningsOf } from "./nix-tree.ts";

afterEach(() => void vi.unstubAllEnvs());

/** Makes a folder that looks like nixpkgs. */
function tree(folder: string, modules = "[\n  ./config/console.nix\n]\n"): string {
  const haskell = join(folder, "pkgs", "development", "haskell-modules");
  for (const path of [haskell, join(folder, "nixos", "modules")]) mkdirSync(path, { recursive: true });
  writeFileSync(join(haskell, "hackage-packages.nix"), "");
  writeFileSync(join(folder, "flake.nix"), "");
  writeFileSync(join(folder, "nixos", "modules", "module-list.nix"), modules);
  return folder;
}

/** Puts a nix-instantiate on PATH. */
function fakeNix(folder: string, script: string): void {
  writeFileSync(join(folder, "nix-instantiate"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "nix-instantiate"), 0o755);
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
}

describe("the tree of nixpkgs", () => {
  test("is named by NIXPKGS", ({ folder }) => {
    expect(nixpkgsTree({ NIXPKGS: tree(folder) })).toEqual({ path: folder, standIns: [] });
    expect(() => nixpkgsTree({})).toThrow(
      "NIXPKGS is unset, expected a checkout of nixpkgs. Fix: NIXPKGS=path npm run",
    );
  });

  test("has stand-ins for programs in Haskell if their packages are missing", ({ folder }) => {
    rmSync(join(tree(folder), "pkgs"), { recursive: true });
    expect(nixpkgsTree({ NIXPKGS: folder }).standIns).toEqual(["shellcheck", "shellcheck-minimal", "nixfmt", "pandoc"]);
  });

  test("is an error without its flake or its list of modules", ({ folder }) => {
    expect(() => nixpkgsTree({ NIXPKGS: folder })).toThrow(`lacks ${folder}/flake.nix, ${folder}/nixos/modules/module`);
  });

  test("is an error if modules are comments, but not if text is", ({ folder }) => {
    const text = "[\n  # Sorted by name.\n  ./a.nix\n";
    expect(nixpkgsTree({ NIXPKGS: tree(folder, `${text}]\n`) }).path).toBe(folder);
    expect(() => nixpkgsTree({ NIXPKGS: tree(folder, `${text}  #./b.nix\n  # ./c.nix\n]\n`) })).toThrow(
      "module-list.nix has 2 modules as comments, expected none. Fix: sed -i -E",
    );
  });
});

describe("the version of Nix", () => {
  test.for([
    ["nix-instantiate (Nix) 2.26.3", "2.26.3"],
    ["nix-instantiate (Nix) 2.18.0", "2.18.0"],
  ] as const)("is accepted in %s", async ([printed, version], { folder }) => {
    fakeNix(folder, `echo '${printed}'`);
    expect(await nixVersion()).toBe(version);
  });

  test("is an error if it is too old, or if Nix is missing", async ({ folder }) => {
    fakeNix(folder, "echo 'nix-instantiate (Nix) 2.8.0'");
    await expect(nixVersion()).rejects.toThrow(
      "nix-instantiate is of version 2.8.0, expected 2.18 or later. Fix: install",
    );
    rmSync(join(folder, "nix-instantiate"));
    vi.stubEnv("PATH", folder);
    await expect(nixVersion()).rejects.toThrow("nix-instantiate is of version none");
  });
});

describe("an evaluation", () => {
  const given = { path: "/nixpkgs", standIns: ["pandoc"] };

  test("has Nix' result, and the tree, stand-ins and module in its expression", async ({ folder }) => {
    fakeNix(
      folder,
      `for last; do :; done; printf %s "$last" >${folder}/expression; echo '{"derivation":"/nix/store/x.drv"}'`,
    );
    const { value, problem, warnings } = await evaluateTree(given, 'evaluate "a"', "/own.nix");
    expect({ value, problem, warnings }).toEqual({
      value: { derivation: "/nix/store/x.drv" },
      problem: "",
      warnings: [],
    });
    expect(readFileSync(join(folder, "expression"), "utf8")).toBe(
      `with import ${inCheckout("nix/tests/tree.nix")} { nixpkgs = "/nixpkgs"; standIns = [ "pandoc" ]; configuration = "/own.nix"; }; evaluate "a"`,
    );
  });

  test("has a problem if Nix fails, with a message or without one", async ({ folder }) => {
    fakeNix(folder, "echo 'error: broken' >&2; exit 1");
    expect(await evaluateTree(given, "attributes")).toMatchObject({ value: undefined, problem: "error: broken" });
    fakeNix(folder, "exit 3");
    expect((await evaluateTree(given, "attributes")).problem).toContain("exit code 3");
  });
});

describe("the problem in Nix' output", () => {
  test("is its last error, with the files of this checkout that the trace names", () => {
    const stderr = `error:
       … while evaluating definitions from \`${inCheckout("nix/modules/kubelet.nix")}':
         at /nixpkgs/lib/modules.nix:401:9:
       … from call site
         at ${inCheckout("nix/tests/tree.nix")}:3:1:

       error: undefined variable 'x'
       at ${inCheckout("nix/modules/units.nix")}:7:3:
`;
    expect(problemOf(stderr)).toBe(
      `error: undefined variable 'x'\nat ${inCheckout("nix/modules/units.nix")}:7:3:\nin nix/modules/kubelet.nix, nix/modules/units.nix:7`,
    );
  });

  test("is the error alone if it is in nixpkgs, and empty if there is none", () => {
    expect(problemOf("error: no file\n")).toBe("error: no file");
    expect(problemOf("evaluation warning: old\n")).toBe("");
  });
});

test("warnings are those of Nix, of nixpkgs and of NixOS, without the one about a daemon's group", () => {
  const group = "warning: the group 'nixbld' specified in 'build-users-group' does not exist";
  const found = ["warning: unknown setting 'x'", "evaluation warning: old", "trace: warning: older"];
  expect(warningsOf([group, ...found, "       warning: in a trace", "error: x"].join("\n"))).toEqual(found);
});

test("a text becomes a string of Nix", () => {
  expect(quoted('a "b" \\ ${c} $d')).toBe('"a \\"b\\" \\\\ \\${c} $d"');
});
