import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { coerce, lt } from "semver";
import { oldestNix } from "../../image/nixos/nix.ts";
import { inCheckout } from "../../lib/checkout.ts";

/** Tree of nixpkgs that is ready to evaluate the flake. */
export interface NixpkgsTree {
  /** Absolute path. */
  readonly path: string;
  /** Packages that the tree cannot evaluate. */
  readonly standIns: readonly string[];
}

/** Result of one evaluation. */
export interface Evaluation {
  /** Result of Nix; undefined when the evaluation failed. */
  readonly value: unknown;
  /** Reason of the failure, with the files of this checkout that are part of it; empty when there is none. */
  readonly problem: string;
  /** Warnings of Nix and of nixpkgs, one line each. */
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/** Package sets of Haskell need this file. It is so large that a reduced copy of nixpkgs may lack it. */
const haskell = "pkgs/development/haskell-modules/hackage-packages.nix";

/** Programs in Haskell that the flake's outputs need: nixpkgs checks scripts with the first two, and Xen's manuals need pandoc. */
const inHaskell = ["shellcheck", "shellcheck-minimal", "nixfmt", "pandoc"];

/** Time limit of an evaluation in milliseconds. One takes 20 s on an idle machine. */
const limit = 10 * 60_000;

/**
 * Returns the tree that NIXPKGS names.
 * @throws when NIXPKGS is unset, names no checkout of nixpkgs, or names one whose list of modules is incomplete.
 */
export function nixpkgsTree(environment: NodeJS.ProcessEnv = process.env): NixpkgsTree {
  const { NIXPKGS: named } = environment;
  if (!named) throw new Error("NIXPKGS is unset, expected a checkout of nixpkgs. Fix: NIXPKGS=path npm run test:nix");
  const path = resolve(named);
  const modules = join(path, "nixos", "modules", "module-list.nix");
  const lacking = [join(path, "flake.nix"), modules].filter((file) => !existsSync(file));
  if (lacking.length > 0)
    throw new Error(
      `NIXPKGS is ${named}, which lacks ${lacking.join(", ")}, expected a whole checkout of nixpkgs. Fix: name another folder`,
    );
  const omitted = readFileSync(modules, "utf8").match(/^\s*#\s*\.\/\S+\.nix$/gm) ?? [];
  if (omitted.length > 0)
    throw new Error(
      `${modules} has ${omitted.length} modules as comments, expected none. Fix: sed -i -E 's,^( *)#(\\./),\\1\\2,' ${modules}`,
    );
  return { path, standIns: existsSync(join(path, haskell)) ? [] : inHaskell };
}

/**
 * Returns the version of the installed Nix.
 * @throws when Nix is missing, or older than nixpkgs needs.
 */
export async function nixVersion(): Promise<string> {
  const { stdout = "" } = await execa("nix-instantiate", ["--version"], { reject: false });
  const [version = "none"] = /\d+\.\d+\S*(?=\s*$)/.exec(stdout) ?? [];
  if (version === "none" || lt(coerce(version) ?? "0.0.0", `${oldestNix}.0`)) {
    throw new Error(
      `nix-instantiate is of version ${version}, expected ${oldestNix} or later. Fix: install a newer Nix (Debian trixie's nix-bin)`,
    );
  }
  return version;
}

/**
 * Evaluates an attribute of nix/tests/tree.nix with a tree. Builds nothing, and needs no network.
 * @param attribute Nix expression, such as `attributes` or `evaluate "packages.x86_64-linux.default"`.
 * @param configuration Path of a further module.
 */
export async function evaluateTree(
  { path, standIns }: NixpkgsTree,
  attribute: string,
  configuration?: string,
): Promise<Evaluation> {
  const given = [
    `nixpkgs = ${quoted(path)};`,
    `standIns = [ ${standIns.map(quoted).join(" ")} ];`,
    ...(configuration === undefined ? [] : [`configuration = ${quoted(resolve(configuration))};`]),
  ].join(" ");
  const expression = `with import ${inCheckout("nix", "tests", "tree.nix")} { ${given} }; ${attribute}`;
  const started = Date.now();
  const command = ["nix-instantiate", "--eval", "--strict", "--json", "--show-trace", "--expr", expression];
  const { failed, stdout, stderr, shortMessage } = await execa("nice", command, { reject: false, timeout: limit });
  const seconds = (Date.now() - started) / 1000;
  return {
    value: failed ? undefined : (JSON.parse(stdout) as unknown),
    problem: failed ? problemOf(stderr) || (shortMessage ?? "") : "",
    warnings: warningsOf(stderr),
    seconds,
  };
}

/** Returns a text as a string of Nix. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]|\$(?=\{)/g, "\\$&")}"`;
}

/**
 * Returns Nix' last error, which is the cause, and the files of this checkout that its trace names. The trace of an evaluation of
 * NixOS has hundreds of lines, nearly all of them in nixpkgs.
 */
export function problemOf(stderr: string): string {
  const lines = stderr.split("\n");
  const start = lines.findLastIndex((line) => /^\s*error:/.test(line));
  if (start === -1) return "";
  const indent = /^\s*/.exec(lines[start] ?? "")?.[0] ?? "";
  const cause = lines
    .slice(start)
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
    .join("\n")
    .trim();
  const named = [...stderr.matchAll(/\/[^\s:'`»]+\.nix(?::\d+)?/g)].map(([file]) => file);
  const own = new Set(
    named
      .filter((file) => file.startsWith(`${inCheckout()}/`))
      .map((file) => file.slice(inCheckout().length + 1))
      .filter((file) => !/^(flake|nix\/tests\/tree)\.nix/.test(file)),
  );
  return own.size === 0 ? cause : `${cause}\nin ${[...own].join(", ")}`;
}

/** Returns the warnings in Nix' output. The group that only a daemon needs is none of them. */
export function warningsOf(stderr: string): readonly string[] {
  return stderr
    .split("\n")
    .filter((line) => /^(?:evaluation |trace: (?:evaluation )?)?warning: /.test(line))
    .filter((line) => !line.includes("'build-users-group'"));
}
