import { join } from "node:path";
import { artifact } from "../../lib/cache.ts";
import { run, which } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";

/** A tool that judges Nix files. */
export type NixTool = "deadnix" | "nixfmt";

/** Crate and version of each tool. The second has the rules of nixfmt in Rust, because only Nix offers nixfmt itself. */
const crates: Readonly<Record<NixTool, readonly [crate: string, version: string]>> = {
  deadnix: ["deadnix", versions.deadnix],
  nixfmt: ["nixfmt_rs", versions.nixfmt_rs],
};

/**
 * Finds a tool: cargo builds it once. Without cargo it is the machine's own, whose version may judge differently.
 *
 * A machine without either skips the check, because the tools judge style only, and CI has them.
 */
export async function nixTool(tool: NixTool): Promise<{ readonly path: string } | { readonly missing: string }> {
  const installed = which(tool);
  if (which("cargo") === undefined) {
    return installed
      ? { path: installed }
      : { missing: `not installed: neither ${tool} nor cargo, which would build it` };
  }
  try {
    return { path: await built(tool) };
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n").slice(-1);
    return installed ? { path: installed } : { missing: `not installed: cargo could not build ${tool}: ${reason}` };
  }
}

async function built(tool: NixTool): Promise<string> {
  const [crate, version] = crates[tool];
  const folder = await artifact({
    name: tool,
    inputs: [crate, version, process.arch],
    estimate: "2 min",
    build: async (root) => {
      const args = ["install", "--quiet", "--locked", "--root", root, "--version", version, crate];
      await run("cargo", args, { timeout: 10 * 60_000 });
    },
  });
  return join(folder, "bin", tool);
}
