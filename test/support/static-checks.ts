import { execa } from "execa";
import { goTool } from "./go-tool.ts";
import { nixTool, type NixTool } from "./nix-tools.ts";
import { nixpkgsLib } from "./parity/nixpkgs-lib.ts";
import { proseCommand } from "./prose.ts";

/** A check without a test runner. It passes if its command does. */
export interface StaticCheck {
  readonly name: string;
  readonly command: readonly string[];
  /** Limit in seconds. The command is killed then, and the check fails. */
  readonly limitSeconds: number;
}

/** A check that this machine cannot run, with the reason. */
export interface SkippedCheck {
  readonly name: string;
  readonly skipped: string;
}

/**
 * Returns the static checks of the whole checkout, the most useful first.
 * @param folder Folder for the files that the checks read.
 */
export async function staticChecks(folder: string): Promise<(StaticCheck | SkippedCheck)[]> {
  const tracked = await trackedFiles();
  const shell = tracked.filter((file) => file.endsWith(".sh") || bashScripts.has(file));
  const nix = tracked.filter((file) => file.endsWith(".nix"));
  return [
    { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."], limitSeconds: 120 },
    { name: "types", command: ["tsc"], limitSeconds: 180 },
    { name: "lint", command: ["eslint", "--max-warnings", "0", "."], limitSeconds: 180 },
    {
      name: "shellcheck: scripts",
      command: ["shellcheck", "--external-sources", ...shell.filter(notGuest)],
      limitSeconds: 60,
    },
    {
      name: "shellcheck: guest",
      // With what each of them sources.
      command: ["shellcheck", "--external-sources", "--check-sourced", "--source-path=guest", ...shell.filter(isGuest)],
      limitSeconds: 60,
    },
    {
      name: "actionlint",
      // The workflows have no Python, so pyflakes is switched off.
      command: [await goTool("actionlint"), "-shellcheck=shellcheck", "-pyflakes=", ...tracked.filter(isWorkflow)],
      limitSeconds: 60,
    },
    { name: "prose", command: await proseCommand(tracked, folder), limitSeconds: 60 },
    { name: "nix: parse", command: ["nix-instantiate", "--parse", ...nix], limitSeconds: 60 },
    await nixCheck("nix: format", "nixfmt", ["--check", ...nix]),
    await nixCheck("nix: unused", "deadnix", ["--fail", ...nix]),
    ...evaluation(),
  ];
}

async function nixCheck(name: string, tool: NixTool, args: readonly string[]): Promise<StaticCheck | SkippedCheck> {
  const found = await nixTool(tool);
  if ("missing" in found) return { name, skipped: found.missing };
  return { name, command: [found.path, ...args], limitSeconds: 60 };
}

/** Reports skipped evaluations of the NixOS modules, which are unit tests. */
function evaluation(): SkippedCheck[] {
  const skipped = "NIXPKGS_LIB names no copy of nixpkgs' lib";
  return nixpkgsLib() === undefined ? [{ name: "nix: evaluation of the modules, options reference", skipped }] : [];
}

const bashScripts = new Set([
  "policy/pulumi-analyzer-policy-nodeforge",
  ".ci/run",
  "tools/with-packages",
  "test/support/with-hypervisor",
  "test/image/nixos/fake-nix",
]);
const isWorkflow = (file: string) => /^(\.github\/workflows|docs\/examples)\/.*\.yml$/.test(file);
const isGuest = (file: string) => /^guest\/[^/]+$/.test(file);
const notGuest = (file: string) => !file.startsWith("guest/");

async function trackedFiles(): Promise<string[]> {
  const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard"]);
  return stdout.split("\n").filter(Boolean);
}
